"""Sales and views of every item, beside what the catalogue says of it."""

from dataclasses import dataclass

from pipeline.engine import Engine, Value
from pipeline.mining.owners import load_owner_counts
from pipeline.mining.steps import build
from pipeline.mining.window import Window

_TABLES = (
    "input_counts",
    "sold_items",
    "item_orders",
    "item_customers",
    "item_visitors",
)


@dataclass(frozen=True)
class ItemStatsSummary:
    """What went into `item_stats`.

    Attributes:
        sold_item_count: Items with a sale line inside the window.
        viewed_item_count: Items with a view inside the window.
        row_count: Items, one row each.
    """

    sold_item_count: int
    viewed_item_count: int
    row_count: int


def build_item_stats(engine: Engine, window: Window, item_level: str) -> ItemStatsSummary:
    """Build `item_stats`: from sale lines, views and items to one row per item.

    Args:
        engine: Holds `items`, `sale_lines` and `views` (empty where there is no browse log).
        window: Sale lines and views inside it count.
        item_level: What an item is.

    Returns:
        The counts that the run summary shows.
    """
    values: dict[str, Value] = {**window.values, "item_level": item_level}
    build(engine, "input_counts", values)
    counts = engine.fetch("input_counts").to_pylist()[0]
    sold = build(engine, "sold_items", values)
    for table in ("item_orders", "item_customers"):
        load_owner_counts(engine, table, values, counts["sale_line_count"])
    viewed = load_owner_counts(engine, "item_visitors", values, counts["view_count"])
    row_count = build(engine, "item_stats", values)
    engine.drop(*_TABLES)
    return ItemStatsSummary(sold, viewed, row_count)
