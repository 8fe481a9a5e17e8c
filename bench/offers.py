"""How long do campaigns and bundles take, and how much memory?

    python bench/offers.py [--lines N]

Makes a shop of 20,000 items and N / 10 customers with the mined tables that offers rest on, 20
targets an item; then times seven campaigns (five cross-sells between categories, what was
viewed and not bought, what is due) and the bundles, in a process of their own. Prints Markdown.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from shelves import AS_OF, DAY, MEMORY_LIMIT, items, pairs, sets, table

from pipeline.config.bundle_options import Bundles
from pipeline.config.campaign_options import Campaigns
from pipeline.config.serving_options import Serving
from pipeline.io.duckdb_engine import DuckDBEngine
from pipeline.io.freed_memory import return_freed_memory
from pipeline.io.memory_share import database_share
from pipeline.mining.window import Window
from pipeline.serving.bundles import build_bundles
from pipeline.serving.campaign_tables import Audience
from pipeline.serving.campaigns import build_campaign_targets
from pipeline.serving.setting import Setting
from pipeline.serving.shelf import read_shelf

ITEM_COUNT = 20_000
LINE_COUNT = 2_000_000
LINES_A_CUSTOMER, LINES_AN_ORDER, SET_SIZE = 10, 4, 3
COUNTS = {
    "also_bought": {"target_count": 900, "basket_count": 200_000, "customer_count": 50},
    "bought_next": {"baseline_target_count": 900, "baseline_count": 200_000,
                    "gap_lower_days": 7, "gap_upper_days": 60},
}  # fmt: skip
"""What the tables of `bench/shelves.py` lack: what shares are drawn to, and usual gaps."""
WINDOW = Window(AS_OF - 365 * DAY, AS_OF)


def campaigns() -> Campaigns:
    """Return five cross-sells between neighbouring categories, and one campaign of either kind."""
    sells = [
        {"name": f"cross_{n}", "owner_categories": [f"top {n}"],
         "offered_categories": [f"top {n + 5}", f"top {n}"]}
        for n in range(5)
    ]  # fmt: skip
    others = [{"name": kind, "kind": kind} for kind in ("viewed_not_bought", "repurchase_due")]
    return Campaigns.model_validate({"customers": "given.csv", "planned": [*sells, *others]})


def sold(count: int) -> pa.Table:
    """Return `sale_lines`: by a power law, over a year; every other order holds a whole set."""
    draw = np.random.default_rng(1)
    orders = np.arange(count) // LINES_AN_ORDER
    days = draw.integers(0, 365, orders[-1] + 1)[orders]
    people = draw.integers(0, count // LINES_A_CUSTOMER, orders[-1] + 1)[orders]
    wanted = np.minimum(draw.pareto(1.0, count) * ITEM_COUNT / 20, ITEM_COUNT - 1)
    within = np.arange(count) % LINES_AN_ORDER
    is_set = (orders % 2 == 0) & (within < SET_SIZE)
    wanted = np.where(is_set, wanted[::LINES_AN_ORDER][orders] // 10 * 10 + within, wanted)
    at = WINDOW.start + days * DAY
    one = pa.repeat(pa.scalar(Decimal(1), pa.decimal128(18, 4)), count)
    return pa.table({
        "order_code": orders, "customer_code": people, "item_code": wanted.astype(np.int32),
        "ordered_at": at, "ordered_day": (at // DAY).astype(np.int32), "quantity": one,
        "amount": one,
    })  # fmt: skip


def linked(name: str, catalogue: pa.Table, seed: int) -> pa.Table:
    """Return a mined table of pairs with the counts that campaigns read."""
    rows = pairs(name, catalogue, 0.6, seed)
    for column, value in COUNTS[name].items():
        place = rows.schema.get_field_index(column)
        values = np.full(rows.num_rows, value)
        rows = rows.set_column(place, column, pa.array(values, rows.schema.field(place).type))
    return rows


def looked_at(catalogue: pa.Table, customers: pa.Array, count: int) -> pa.Table:
    """Return `viewed_not_bought`: a row for every fourth sale line."""
    draw, rows = np.random.default_rng(3), count // 4
    turns, people = np.divmod(np.arange(rows), len(customers))
    seen = (people * 31 + turns * 97) % ITEM_COUNT  # no item twice for one customer
    return table(
        "viewed_not_bought",
        rows,
        customer_id=customers.take(pa.array(people)),
        item_id=catalogue["item_id"].take(pa.array(seen)),
        view_count=draw.integers(3, 9, rows),
        last_viewed_at=AS_OF - draw.integers(1, 60, rows) * DAY,
    )


def bought_again(catalogue: pa.Table) -> pa.Table:
    """Return `repurchase_cycle` of every third item."""
    ids = catalogue["item_id"].take(pa.array(np.arange(0, ITEM_COUNT, 3)))
    count = len(ids)
    return table(
        "repurchase_cycle",
        count,
        item_id=ids,
        customer_count=np.full(count, 100),
        buyer_count=np.full(count, 400),
        gap_lower_days=np.full(count, 20),
        gap_upper_days=np.full(count, 60),
    )


def load_shop(engine: DuckDBEngine, count: int) -> list[str]:
    """Load the tables that campaigns and bundles read; return the names of the mined ones."""
    catalogue = items(ITEM_COUNT)
    customers = pa.array([f"c{n:06d}" for n in range(count // LINES_A_CUSTOMER)])
    seen = pairs("view_then_bought", catalogue, 0.6, 4)
    mined = {
        "item_stats": catalogue,
        "also_bought": linked("also_bought", catalogue, 2),
        "bought_next": linked("bought_next", catalogue, 5),
        "view_then_bought": seen.set_column(
            seen.schema.get_field_index("target_kind"), "target_kind",
            pc.if_else(pc.equal(seen["rank"], 1), "own", "item"),
        ),
        "viewed_not_bought": looked_at(catalogue, customers, count),
        "repurchase_cycle": bought_again(catalogue),
        "frequently_bought_together": sets(catalogue),
    }  # fmt: skip
    names = ["item_id", "product_id", "name", "category", "brand", "price", "stock", "is_listed"]
    numbers = np.arange(ITEM_COUNT, dtype=np.int32)
    lines = sold(count)
    others = {
        "sale_lines": lines,
        "returned_lines": lines.slice(0, count // 50).select(
            ["order_code", "item_code", "customer_code", "ordered_at"]
        ),
        "items": catalogue.select(names).append_column("item_code", pa.array(numbers)),
        "customers": pa.table(
            {"customer_code": np.arange(len(customers)), "customer_id": customers}
        ),
    }
    for name, rows in (mined | others).items():
        engine.load(name, rows)
    return list(mined)


def audience(count: int) -> Audience:
    """Return consent of nine customers of ten, and contacts of one of twenty."""
    people = count // LINES_A_CUSTOMER
    ids = pa.array([f"c{n:06d}" for n in range(people)])
    asked = pa.table({"customer_id": ids, "has_consent": np.arange(people) % 10 > 0})
    told = ids.take(pa.array(np.arange(0, people, 20)))
    contacts = {"customer_id": told, "contacted_at": np.full(len(told), AS_OF - DAY)}
    return Audience(asked, pa.table({**contacts, "campaign": pa.array([""] * len(told))}))


def work(folder: Path, count: int) -> dict[str, float]:
    """Build campaigns and bundles; return what that took."""
    return_freed_memory()  # as a run with a memory limit does
    engine = DuckDBEngine(2, database_share(MEMORY_LIMIT), folder, [folder])
    given = frozenset(load_shop(engine, count))
    people, started = audience(count), time.process_time()
    targets = build_campaign_targets(
        engine, campaigns(), WINDOW, "sku", audience=people, as_of_day=AS_OF // DAY, given=given
    )
    asked = time.process_time()
    shelf = read_shelf(engine, has_catalogue=True)
    setting = Setting(engine, given, shelf, Serving(), AS_OF, "UTC", {})
    bundles = build_bundles(setting, Bundles(kinds=["consumable", "together"]), WINDOW, "sku")
    figures: dict[str, Any] = {
        "sale lines": count,
        "campaigns: candidates": targets.candidate_offer_count,
        "campaigns: rows": targets.row_count,
        "campaigns: processor seconds": asked - started,
        "bundles: rows": bundles.row_count,
        "bundles: processor seconds": time.process_time() - asked,
        "peak megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6,
    }
    engine.close()
    return figures


def main() -> None:
    """Run the offers in a process of their own and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lines", type=int, default=LINE_COUNT)
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.work:
        print(json.dumps(work(arguments.work, arguments.lines)))
        return
    with TemporaryDirectory() as made:
        command = [sys.executable, __file__, "--work", made, "--lines", str(arguments.lines)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603
    print("| figure | value |\n|---|---:|")
    for name, value in json.loads(done.stdout).items():
        print(
            f"| {name} | {value:,.1f} |" if isinstance(value, float) else f"| {name} | {value:,} |"
        )


if __name__ == "__main__":
    main()
