"""Find the orders that hold an item on several lines."""

import numpy as np
import pyarrow as pa

from pipeline.engine import Engine
from pipeline.mining.baskets import LARGEST_KEY, Int32s, Int64s, is_first
from pipeline.mining.columns import read_columns
from pipeline.mining.slices import slices_for_keys
from pipeline.mining.steps import sql_of


def load_repeated_lines(engine: Engine, *, is_wanted: bool) -> int:
    """Build `repeated_lines`: one row per order and item on several of the `kept_lines`.

    Sorting packed keys takes a quarter of the time of grouping in SQL. Returns the row count.

    Args:
        engine: Holds `order_lines`.
        is_wanted: False finds none: equal lines are then sold several times.
    """
    slices = slices_for_keys(engine.count("order_lines")) if is_wanted else 0
    kinds = {"order_code": "int64", "sku_code": "int32"}
    nothing = {"order_code": np.empty(0, np.int64), "sku_code": np.empty(0, np.int32)}
    parts = [pa.table(nothing)]
    for number in range(slices):
        values = {"slice": number, "slices": slices}
        orders, skus = repeated(*read_columns(engine, sql_of("kept_lines"), kinds, values))
        parts.append(pa.table({"order_code": orders, "sku_code": skus}))
    return engine.load("repeated_lines", pa.concat_tables(parts))


def repeated(orders: Int64s, skus: Int32s) -> tuple[Int64s, Int32s]:
    """Return the pairs that stand there more than once, each once, in their order.

    Args:
        orders: Order of each line, not negative.
        skus: Item of each line, -1 where it has none.
    """
    width = int(skus.max(initial=0)) + 2
    names = None
    if (int(orders.max(initial=0)) + 1) * width > LARGEST_KEY:
        names, orders = np.unique(orders, return_inverse=True)
    keys = orders * np.int64(width)
    keys += skus
    keys += 1
    keys.sort()
    again = keys[~is_first(keys)]
    numbers, places = np.divmod(again[is_first(again)], width)
    return numbers if names is None else names[numbers], (places - 1).astype(np.int32)
