"""How many items of each interest every customer bought; an item counts once an order."""

import numpy as np
import pyarrow as pa

from pipeline.config.mining_options import Mining
from pipeline.engine import Engine
from pipeline.mining.baskets import Baskets, Int64s, read_baskets
from pipeline.mining.keys import is_first, split
from pipeline.mining.steps import build
from pipeline.mining.window import Window

_NO_LIMIT = 2**31 - 1


def count_interests(
    engine: Engine, window: Window, of_items: Int64s
) -> tuple[Int64s, Int64s, Int64s]:
    """Return customers, interests and the items of each pair, in no order.

    Args:
        engine: Holds `sale_lines`.
        window: Sale lines inside it count.
        of_items: Interest of each item code, -1 where it has none.
    """
    baskets = read_baskets(engine, Mining(grain="order", max_basket_items=_NO_LIMIT), window)
    if baskets.customers is None or baskets.has_mixed_customers:
        return _counted_by_lines(engine, window, of_items)
    return _counted(baskets, baskets.customers, of_items)


def _counted(baskets: Baskets, owners: Int64s, of_items: Int64s) -> tuple[Int64s, Int64s, Int64s]:
    """Count where all lines of an order have one customer, or none."""
    customers, numbers = np.unique(owners, return_inverse=True)
    width = int(of_items.max(initial=0)) + 1
    interests = of_items[baskets.item_codes]
    is_counted = (interests >= 0) & (customers >= 0)[numbers].repeat(baskets.sizes)
    keys = (numbers.repeat(baskets.sizes) * width + interests)[is_counted]
    keys.sort()
    begins = np.flatnonzero(is_first(keys))
    places, codes = split(keys[begins], width)
    return customers[places], codes, np.diff(np.append(begins, len(keys)))


def _counted_by_lines(
    engine: Engine, window: Window, of_items: Int64s
) -> tuple[Int64s, Int64s, Int64s]:
    """Count where some order has lines of several customers: each of them has their own."""
    items = np.flatnonzero(of_items >= 0)
    columns = {"item_code": items, "interest_code": of_items[items]}
    engine.load("interest_categories", pa.table(columns))
    build(engine, "interest_counts", window.values)
    rows = engine.fetch("interest_counts")
    engine.drop("interest_categories", "interest_counts")
    names = ("customer_code", "interest_code", "item_count")
    customers, codes, counts = (rows[name].to_numpy() for name in names)
    return customers, codes, counts
