"""How long do the ready lists take, and how much memory?

    python bench/shelves.py [--items N]

Makes a catalogue with mined tables as a run publishes them (20 targets an item where the item has
any), 20 rules, manual picks, and 5 placements of 12 slots; then times what a run does with them,
up to the Parquet files, in a process of its own. Prints Markdown.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipeline import names
from pipeline.config.serving_options import Serving
from pipeline.io.duckdb_engine import DuckDBEngine
from pipeline.io.freed_memory import return_freed_memory
from pipeline.io.memory_share import database_share
from pipeline.io.write import write_table
from pipeline.mining.item_groups import LEVELS
from pipeline.serving.recommendations import TABLES, build_recommendations
from pipeline.serving.setting import Setting, hand_made_files
from pipeline.serving.shelf import read_shelf

ITEM_COUNT = 100_000
MEMORY_LIMIT = "1400MB"
"""As `engine.memory_limit`: the database gets half of it."""
TARGETS = 20
SOLD_OUT, ALIKE = 0.03, 0.33
LEAVES, BRANDS, PLUGS = 500, 400, ("usb-c", "usb-a", "jack", "none")
SEGMENTS = ("champions", "loyal", "at_risk", "hibernating")
DAY = 86_400_000_000
AS_OF = 20_000 * DAY
_DEFAULTS = {
    "string": "", "list<string>": None, "int64": 0, "float64": 0.0, "boolean": False,
    "timestamp": 0,
}  # fmt: skip
_TYPES = {
    "string": pa.string(), "list<string>": pa.list_(pa.string()), "int64": pa.int64(),
    "float64": pa.float64(), "boolean": pa.bool_(), "timestamp": pa.int64(),
}  # fmt: skip
Ints = npt.NDArray[np.int64]


def table(name: str, count: int, /, **columns: Any) -> pa.Table:  # noqa: ANN401 (whatever Arrow takes)
    """Return rows of a published table; columns that are not given hold nothing of interest."""
    arrays = {
        column.name: pa.array(columns[column.name], _TYPES[column.type])
        if column.name in columns
        else pa.array([_DEFAULTS[column.type]] * count, _TYPES[column.type])
        for column in names.TABLES[name].columns
    }
    return pa.table(arrays)


def items(count: int) -> pa.Table:
    """Return `item_stats`: popularity by a power law, prices by a lognormal law."""
    draw = np.random.default_rng(1)
    leaves = draw.integers(0, LEAVES, count)
    brands = draw.integers(0, BRANDS, count)
    categories = [
        LEVELS.join((f"top {n % 10}", f"sub {n % 50}", f"leaf {n}")) for n in range(LEAVES)
    ]
    plugs = draw.integers(0, len(PLUGS), count)
    stocks = np.where(draw.random(count) < SOLD_OUT, 0, draw.integers(1, 500, count))
    return table(
        "item_stats",
        count,
        item_id=[f"i{n:06d}" for n in range(count)],
        product_id=[f"p{n // 2:06d}" for n in range(count)],
        name=[
            f"{PLUGS[plugs[n]]} thing {brands[n]} {leaves[n] % 37} {n % 101}" for n in range(count)
        ],
        category=[categories[n] for n in leaves],
        brand=[f"brand {n}" for n in brands],
        price=np.round(np.exp(draw.normal(3, 1, count)), 2),
        stock=stocks,
        is_listed=np.ones(count, np.bool_),
        attributes=[[f"plug={PLUGS[n]}"] for n in plugs],
        order_count=(1_000_000 / (np.arange(count) + 10)).astype(np.int64),
        quantity=1_000_000 / (np.arange(count) + 10.0),
    )


def pairs(name: str, catalogue: pa.Table, share: float, seed: int) -> pa.Table:
    """Return a table of 20 targets for a share of the items, a third of them alike."""
    draw, count = np.random.default_rng(seed), len(catalogue)
    sources = np.sort(draw.choice(count, int(count * share), replace=False))
    rows = np.repeat(sources, TARGETS)
    near = (rows + 500 * draw.integers(1, 20, len(rows))) % count
    targets = np.where(draw.random(len(rows)) < ALIKE, near, draw.integers(0, count, len(rows)))
    ids = catalogue["item_id"]
    keep = np.unique(rows * count + targets, return_index=True)[1]
    keep = keep[rows[keep] != targets[keep]]
    rows, targets = rows[keep], targets[keep]
    ranks = np.arange(len(rows)) - np.searchsorted(rows, rows) + 1
    shares = np.sort(draw.random(len(rows)))[::-1] * 0.4
    given = {
        "rank": ranks, "joint_count": draw.integers(5, 500, len(rows)),
        "source_count": np.full(len(rows), 1000), "n_viewers": np.full(len(rows), 1000),
        "n_buyers": np.full(len(rows), 300), "n_target": draw.integers(5, 100, len(rows)),
        "confidence": shares, "lift": 1 + 10 * draw.random(len(rows)),
        "lift_vs_base": 1 + 10 * draw.random(len(rows)),
        "q_value": draw.random(len(rows)) * 0.05, "pct_of_buyers": shares * 100,
        "pct_of_viewers": shares * 30, "displayable": np.ones(len(rows), np.bool_),
        "switch_count": draw.integers(1, 50, len(rows)),
    }  # fmt: skip
    columns = {key: value for key, value in given.items() if key in names.TABLES[name].column_names}
    if "target_kind" in names.TABLES[name].column_names:
        columns["target_kind"] = ["item"] * len(rows)
    return table(
        name,
        len(rows),
        source_item_id=ids.take(pa.array(rows)),
        target_item_id=ids.take(pa.array(targets)),
        **columns,
    )


def sets(catalogue: pa.Table) -> pa.Table:
    """Return `frequently_bought_together` for a tenth of the items."""
    ids = catalogue["item_id"].to_pylist()
    sources = range(0, len(ids) - 3, 10)
    return table(
        "frequently_bought_together",
        len(sources),
        source_item_id=[ids[n] for n in sources],
        items=[ids[n : n + 3] for n in sources],
        item_count=[3] * len(sources),
        order_count=[100] * len(sources),
        source_count=[1000] * len(sources),
        confidence=[0.1] * len(sources),
        set_lift=[5.0] * len(sources),
    )


def popular(catalogue: pa.Table) -> pa.Table:
    """Return `popular_items`: every item for everyone, 200 for each segment."""
    count = len(catalogue)
    numbers = np.concatenate([np.arange(count), *[np.arange(200)] * len(SEGMENTS)])
    audiences = ["everyone"] * count + [name for name in SEGMENTS for _ in range(200)]
    orders = (100_000 / (numbers + 10)).astype(np.int64)
    return table(
        "popular_items",
        len(numbers),
        item_id=catalogue["item_id"].take(pa.array(numbers)),
        customer_segment=audiences,
        segment_rank=numbers + 1,
        category_rank=numbers // LEAVES + 1,
        order_count=orders,
        customer_count=orders,
        quantity=orders.astype(np.float64),
        day_count=np.full(len(numbers), 90),
        recent_order_count=orders // 3 + numbers % 50,
        previous_order_count=orders // 3,
        trend_days=np.full(len(numbers), 28),
    )


def mined_tables(count: int) -> Iterator[tuple[str, pa.Table]]:
    """Yield the tables that lists are made of."""
    catalogue = items(count)
    yield "item_stats", catalogue
    yield "popular_items", popular(catalogue)
    yield "also_bought", pairs("also_bought", catalogue, 0.5, 2)
    yield "also_viewed", pairs("also_viewed", catalogue, 0.7, 3)
    yield "view_then_bought", pairs("view_then_bought", catalogue, 0.6, 4)
    yield "bought_next", pairs("bought_next", catalogue, 0.2, 5)
    yield "substitutes", pairs("substitutes", catalogue, 0.1, 6)
    yield "frequently_bought_together", sets(catalogue)
    segments = [SEGMENTS[n % len(SEGMENTS)] for n in range(1000)]
    yield (
        "rfm_segments",
        table("rfm_segments", 1000, customer_id=[f"c{n}" for n in range(1000)], segment=segments),
    )


def rules() -> str:
    """Return the text of 20 rules: two thirds of them compare with the item of the page."""
    texts = []
    for number in range(20):
        parts = [f"- name: rule {number}", f"  priority: {number}"]
        parts += [f"  applies_to: [{RELATIONS[number % len(RELATIONS)]}]", "  max_results: 6"]
        parts += [f"  match: {{category: {{under: top {number % 10}}}}}"]
        if number % 3 == 0:
            parts += ["  show: {brand: {same_as_source: true}, price: {above_of_source: 1.1}}"]
        elif number % 3 == 1:
            parts += [
                f"  show: {{category: {{under: top {(number + 1) % 10}}}, price: {{below: 20}}}}"
            ]
        else:
            parts += ["  show: {plug: {same_as_source: true}, price: {at_most_of_source: 0.5}}"]
        texts.append("\n".join([*parts, "  order_by: [order_count desc]"]))
    return "\n".join(texts)


def hand_made(folder: Path, count: int) -> None:
    """Write the hand-made files: 20 rules, 5,000 manual picks, 100 accessories, a blacklist."""
    draw = np.random.default_rng(9)
    picks = draw.integers(0, count, (5000, 2)).tolist()
    lines = [f"i{one:06d},i{other:06d},also_bought" for one, other in picks if one != other]
    manual = ["source_item_id,target_item_id,relation", *sorted(set(lines))]
    (folder / "manual.csv").write_text("\n".join(manual))
    (folder / "rules.yaml").write_text(rules())
    accessories = [f"top {n // 5 % 10},top {n % 50 % 10}{LEVELS}sub {n % 50}" for n in range(100)]
    (folder / "accessories.csv").write_text(
        "\n".join(["source_category,target_category", *sorted(set(accessories))])
    )
    banned = [f"i{n:06d}" for n in range(0, count, 997)]
    (folder / "blacklist.csv").write_text("\n".join(["item_id", *banned]))


RELATIONS = ("also_bought", "also_viewed", "accessory", "best_in_category")
FALLBACKS = ["category_association", "similar_attributes", "best_of_brand", "best_of_category"]


def options() -> Serving:
    """Return five placements of twelve slots."""
    pages: dict[str, list[tuple[str, int, list[str]]]] = {
        "product": [("also_bought", 4, FALLBACKS), ("also_viewed", 4, FALLBACKS),
                    ("accessory", 4, FALLBACKS)],
        "alternatives": [("same_brand_up_sell", 3, []), ("other_brand_up_sell", 3, []),
                         ("similar_price", 3, []), ("view_then_bought", 3, FALLBACKS)],
        "basket": [("also_bought", 6, []), ("bought_next", 6, [])],
        "category": [("best_in_category", 6, []), ("trending", 3, []), ("clearance", 3, [])],
        "home": [("best_in_category", 6, []), ("trending", 6, [])],
    }  # fmt: skip
    kinds = {"basket": "cart", "category": "category", "home": "home"}
    placements = [
        {
            "name": name,
            "page": kinds.get(name, "product"),
            "slots": [
                {"relation": relation, "count": slots, "fallbacks": fallbacks}
                for relation, slots, fallbacks in blocks
            ],
        }
        for name, blocks in pages.items()
    ]
    files = {"manual": "manual.csv", "rules": "rules.yaml", "blacklist": "blacklist.csv"}
    relations = {"accessory": {"file": "accessories.csv"}}
    return Serving.model_validate(
        {"placements": placements, "relations": relations, "max_cart_targets": 12, **files}
    )


def work(folder: Path) -> dict[str, float]:
    """Make the lists of a folder's tables and write them; return what that took."""
    serving = options()
    return_freed_memory()  # as a run with a memory limit does
    engine = DuckDBEngine(2, database_share(MEMORY_LIMIT), folder / "spill", [folder])
    given = sorted(path.stem for path in folder.glob("*.parquet"))
    for name in given:
        path = {"path": str(folder / f"{name}.parquet")}
        engine.run(f"create table {name} as select * from read_parquet($path)", path)
    import pipeline.mining.kernels.slot_filling  # noqa: F401 (a run has it loaded)

    started, wall = time.process_time(), time.monotonic()
    setting = Setting(
        engine=engine,
        given=frozenset(given),
        shelf=read_shelf(engine, has_catalogue=True),
        options=serving,
        as_of=AS_OF,
        time_zone="UTC",
        files=hand_made_files(serving, folder),
    )
    summary = build_recommendations(setting)
    made = time.process_time() - started
    for name in TABLES:
        published = names.TABLES[name]
        batches = engine.in_order(name, published.column_names, published.sort)
        write_table(published, batches, folder / "out" / f"{name}.parquet")
    figures = {
        "rows": float(summary.row_count),
        "cart_pairs": float(summary.cart_pair_count),
        "full_pages": summary.full_page_count / summary.page_count,
        "seconds_to_make": made,
        "seconds": time.process_time() - started,
        "wall": time.monotonic() - wall,
        "peak_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6,
    }
    engine.close()
    return figures


def main() -> None:
    """Make the shop, run the lists in a process of their own, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, default=ITEM_COUNT)
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.work:
        print(json.dumps(work(arguments.work)))
        return
    import pyarrow.parquet as pq

    with TemporaryDirectory() as made:
        folder = Path(made)
        for name in ("out", "spill"):
            (folder / name).mkdir()
        for name, rows in mined_tables(arguments.items):
            pq.write_table(rows, folder / f"{name}.parquet")
        hand_made(folder, arguments.items)
        command = [sys.executable, __file__, "--work", str(folder)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
    figures = json.loads(done.stdout)
    print("| figure | value |\n|---|---|")
    for name, value in figures.items():
        print(f"| {name.replace('_', ' ')} | {value:,.2f} |")


if __name__ == "__main__":
    main()
