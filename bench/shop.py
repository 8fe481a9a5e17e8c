"""Generate a shop whose associations are known: order lines, events, catalogue, the truth.

    python bench/shop.py SIZE FOLDER [--format parquet|csv] [--seed N]

Sizes (order lines / events / items): tiny 18 thousand / 40 thousand / 500, small 0.15 / 0.4
million / 2,000, medium 9 / 20 million / 20,000, large 33 / 100 million / 20,000. The same size,
seed and library versions give the same files. Each part file holds some of the visitors, whole, by
time.

FOLDER/orders/part-NNN.parquet, one row per order line
    order_id BIGINT; customer_id BIGINT, NULL for 5 % guests; item_id text `sku000123`;
    ordered_at TIMESTAMP UTC (microseconds) within 180 days; quantity INTEGER, negative where a
    line came back (3 %, an order of its own); unit_price DOUBLE (0 for one line in a thousand).
FOLDER/events/part-NNN.parquet, one row per event
    event_at TIMESTAMP UTC; visitor_id BIGINT; session_id BIGINT; customer_id BIGINT, set for
    the 40 % of visitors who have an account; event_type `view` or `cart`; item_id text.
    One visitor in each part is a bot: 1,500 views on one day, in `bots` of the truth.
FOLDER/catalogue.parquet, one row per item
    item_id, product_id, name, department, category, brand text; price DOUBLE; stock BIGINT.
FOLDER/config.yaml runs the pipeline on them and publishes to FOLDER/outputs.

FOLDER/truth.json
    size, seed, order_lines, events: what was generated. bots: visitor ids.
    also_bought [[source, target], ...]: complements and sequences, both ways.
    association_rules [[antecedent, consequent], ...]: complements, both ways.
    also_viewed [[source, target], ...]: substitutes, both ways.
    view_then_bought [[source, target, expected_pct], ...]: percent of all viewers of the source
        (`pct_of_viewers`) who order the target within 7 days because of the view. It is counted
        while generating, over viewers whose 7 days end in time, so it differs a little by window.
        Who orders the target anyway comes on top: 0.3 percent in the small size, less in larger.
    complements, sequences, substitutes [[a, b], ...] and `shares`: the planted relations, as
        directed, and the probabilities they were planted with.
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from shop_people import GUEST, Part, People, Tally
from shop_world import (
    COMPLEMENT_SHARE,
    SEQUENCE_SHARE,
    SIZES,
    SUBSTITUTE_SHARE,
    TARGET_SHARES,
    BoolArray,
    IntArray,
    World,
    both_ways,
    build_world,
)

START_MICROSECONDS = 1_735_689_600_000_000  # 2025-01-01T00:00:00Z
PART_EVENTS = 1_000_000
FIRST_CUSTOMER_ID = 100_000_000
IDS_PER_PART = 10_000_000

CONFIG = """\
# Written by bench/shop.py: {size}, seed {seed}.
orders:
  files: orders/*.{suffix}
  columns:
    order_id: order_id
    customer_id: customer_id
    item_id: item_id
    ordered_at: ordered_at
    quantity: quantity
    unit_price: unit_price
  timestamps:
    formats: [iso]
events:
  files: events/*.{suffix}
  columns:
    visitor_id: visitor_id
    customer_id: customer_id
    session_id: session_id
    item_id: item_id
    viewed_at: event_at
    event_type: event_type
  timestamps:
    formats: [iso]
catalogue:
  files: catalogue.{suffix}
  columns:
    item_id: item_id
    product_id: product_id
    name: name
    category: [department, category]
    brand: brand
    price: price
    stock: stock
mining:
  min_support: null
  min_count: {min_count}
output:
  path: outputs
"""


@dataclass(frozen=True)
class Shop:
    """A shop to be written.

    Attributes:
        size_name: One of `SIZES`.
        seed: Start of all chance.
        folder: Where the files go.
        suffix: `parquet` or `csv`.
        world: Its items and plants.
        sku: Text id of each item code.
    """

    size_name: str
    seed: int
    folder: Path
    suffix: str
    world: World
    sku: pa.Array

    def write(self, name: str, table: pa.Table) -> None:
        """Write one table as one file."""
        path = self.folder / f"{name}.{self.suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        if self.suffix == "csv":
            pa_csv.write_csv(_plain(table), path)
        else:
            # Without Arrow's schema the dictionary columns are plain text to every reader.
            pq.write_table(table, path, compression="zstd", store_schema=False)

    def text(self, item: IntArray) -> pa.Array:
        """Return item codes as a text column."""
        return pa.DictionaryArray.from_arrays(pa.array(item.astype(np.int32)), self.sku)

    def pairs(self, pairs: IntArray) -> list[list[str]]:
        """Return pairs of item codes as pairs of ids."""
        return [[self.sku[int(item)].as_py() for item in pair] for pair in pairs]


@dataclass(frozen=True)
class Written:
    """What one part came to."""

    order_lines: int
    events: int
    bot: int
    tally: Tally


def _plain(table: pa.Table) -> pa.Table:
    """Return the table without dictionaries, which the CSV writer does not take."""
    fields = [
        pa.field(field.name, pa.string()) if pa.types.is_dictionary(field.type) else field
        for field in table.schema
    ]
    return table.cast(pa.schema(fields))


def _timestamps(seconds: IntArray) -> pa.Array:
    microseconds = START_MICROSECONDS + seconds.astype(np.int64) * 1_000_000
    return pa.array(microseconds).cast(pa.timestamp("us", "UTC"))


def _customer_ids(visitor_id: IntArray, *, is_known: BoolArray) -> pa.Array:
    return pa.array(FIRST_CUSTOMER_ID + visitor_id, mask=~is_known)


def _order_table(shop: Shop, part: Part, first_ids: tuple[int, int]) -> pa.Table:
    """Return the order lines of a part by time."""
    first_visitor, first_id = first_ids
    rng = np.random.default_rng([shop.seed, 3, first_id])
    by_time = np.lexsort((part.lines.item, part.lines.order, part.lines.at))
    lines = part.lines.take(by_time)
    factors = rng.choice([1.0, 0.9, 0.0], len(by_time), p=[0.899, 0.1, 0.001])
    price = np.round(shop.world.price_cents[lines.item] * factors) / 100
    return pa.table(
        {
            "order_id": first_id + lines.order,
            "customer_id": _customer_ids(
                first_visitor + lines.owner, is_known=lines.owner != GUEST
            ),
            "item_id": shop.text(lines.item),
            "ordered_at": _timestamps(lines.at),
            "quantity": part.quantity[by_time].astype(np.int32),
            "unit_price": price,
        }
    )


def _event_table(shop: Shop, part: Part, people: People, first_ids: tuple[int, int]) -> pa.Table:
    """Return the events of a part by time."""
    first_visitor, first_id = first_ids
    views = part.views.take(np.lexsort((part.views.kind, part.views.session, part.views.at)))
    visitor_id = first_visitor + views.owner
    kinds = pa.array(["view", "cart"])
    return pa.table(
        {
            "event_at": _timestamps(views.at),
            "visitor_id": visitor_id,
            "session_id": first_id + views.session,
            "customer_id": _customer_ids(visitor_id, is_known=views.owner < people.customer_count),
            "event_type": pa.DictionaryArray.from_arrays(pa.array(views.kind), kinds),
            "item_id": shop.text(views.item),
        }
    )


def _catalogue(shop: Shop) -> pa.Table:
    world = shop.world
    rng = np.random.default_rng([shop.seed, 2])
    categories = [f"Category {number:03d}" for number in world.category]
    return pa.table(
        {
            "item_id": shop.sku,
            "product_id": [f"product{number:06d}" for number in world.product],
            "name": [f"Item {number}" for number in range(world.size.items)],
            "department": [f"Department {number // 10:02d}" for number in world.category],
            "category": categories,
            "brand": [f"Brand {number:02d}" for number in rng.integers(0, 60, world.size.items)],
            "price": world.price_cents / 100,
            "stock": rng.poisson(30, world.size.items) * rng.binomial(1, 0.97, world.size.items),
        }
    )


def _write_parts(shop: Shop) -> Iterator[Written]:
    """Write the part files one after the other: memory holds one part."""
    count = max(2, round(shop.world.size.events / PART_EVENTS))
    first_visitor = 1
    for number in range(count):
        people = People(shop.world, np.random.default_rng([shop.seed, 1, number]), 1 / count)
        part = people.live()
        first_ids = (first_visitor, number * IDS_PER_PART + 1)
        shop.write(f"orders/part-{number:03d}", _order_table(shop, part, first_ids))
        shop.write(f"events/part-{number:03d}", _event_table(shop, part, people, first_ids))
        bot = first_visitor + people.bot
        yield Written(len(part.quantity), len(part.views.item), bot, part.tally)
        first_visitor = bot + 1


def _expected(shop: Shop, parts: list[Written]) -> list[list[str | float]]:
    """Return source, target and percent of the source's viewers who buy the target."""
    viewers = np.sum([part.tally.viewers for part in parts], axis=0)
    buyers = np.sum([part.tally.buyers for part in parts], axis=0)
    pct = 100 * buyers / np.maximum(viewers, 1)[:, None]
    ids = shop.pairs(shop.world.plants.view_to_buy)
    return [
        [source, target, round(float(pct[row, column]), 3)]
        for row, (source, *targets) in enumerate(ids)
        for column, target in enumerate(targets)
    ]


def _truth(shop: Shop, parts: list[Written]) -> dict[str, object]:
    plants = shop.world.plants
    either = np.concatenate([plants.complements, plants.sequences])
    return {
        "size": shop.size_name,
        "seed": shop.seed,
        "order_lines": sum(part.order_lines for part in parts),
        "events": sum(part.events for part in parts),
        "bots": [part.bot for part in parts],
        "shares": {
            "complements": COMPLEMENT_SHARE,
            "sequences": SEQUENCE_SHARE,
            "substitutes": SUBSTITUTE_SHARE,
            "view_to_buy": TARGET_SHARES,
        },
        "also_bought": shop.pairs(both_ways(either)),
        "association_rules": shop.pairs(both_ways(plants.complements)),
        "also_viewed": shop.pairs(both_ways(plants.substitutes)),
        "view_then_bought": _expected(shop, parts),
        "complements": shop.pairs(plants.complements),
        "sequences": shop.pairs(plants.sequences),
        "substitutes": shop.pairs(plants.substitutes),
    }


def write_shop(size_name: str, folder: Path, suffix: str, seed: int) -> dict[str, object]:
    """Write a shop and return its truth."""
    size = SIZES[size_name]
    world = build_world(size, np.random.default_rng([seed, 0]))
    sku = pa.array([f"sku{number:06d}" for number in range(size.items)])
    shop = Shop(size_name, seed, folder, suffix, world, sku)
    truth = _truth(shop, list(_write_parts(shop)))
    shop.write("catalogue", _catalogue(shop))
    (folder / "truth.json").write_text(json.dumps(truth, indent=1) + "\n", encoding="utf-8")
    config = CONFIG.format(size=size_name, seed=seed, suffix=suffix, min_count=size.min_count)
    (folder / "config.yaml").write_text(config, encoding="utf-8")
    return truth


def main() -> None:
    """Read the arguments, write the shop, print what it came to."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("size", choices=SIZES)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--format", choices=("parquet", "csv"), default="parquet")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    truth = write_shop(arguments.size, arguments.folder, arguments.format, arguments.seed)
    print(f"{truth['order_lines']} order lines, {truth['events']} events in {arguments.folder}")


if __name__ == "__main__":
    main()
