"""What each known customer bought, step by step: all purchases of one day are one step."""

from dataclasses import dataclass

import numpy as np

from pipeline.engine import Engine
from pipeline.mining.baskets import Int32s, Int64s, distinct
from pipeline.mining.columns import read_columns
from pipeline.mining.keys import is_first, packed, split, stable_order
from pipeline.mining.steps import build
from pipeline.mining.window import Window


@dataclass(frozen=True)
class CustomerSteps:
    """Purchases of known customers by customer and day, each item once a day.

    Attributes:
        customers: Number of each purchase's customer, from 0 on, ascending.
        days: Day of each purchase since 1970-01-01 on the clocks of the run, ascending inside a
            customer.
        items: Item code of each purchase.
        gaps: Days since the customer's last purchase of the same item, 0 where it is the first.
        customer_count: Customers, giant ones left out.
        giant_customer_count: Customers left out because they bought too many items.
    """

    customers: Int64s
    days: Int64s
    items: Int32s
    gaps: Int64s
    customer_count: int
    giant_customer_count: int

    @property
    def first_days(self) -> Int64s:
        """Day of each customer's first purchase of anything."""
        first_days: Int64s = self.days[is_first(self.customers)]
        return first_days


def read_steps(engine: Engine, window: Window, max_customer_items: int) -> CustomerSteps:
    """Read the steps of the customers with a sale line inside the window.

    Args:
        engine: Holds `sale_lines`.
        window: Sale lines inside it count.
        max_customer_items: Customers with more distinct items are left out and counted.
    """
    customers, days, items = _distinct(*_read_lines(engine, window))
    customers = np.cumsum(is_first(customers)) - 1
    gaps = _gaps(customers, days, items)
    item_counts = np.bincount(customers[gaps == 0])
    is_giant = item_counts > max_customer_items
    if not is_giant.any():
        return CustomerSteps(customers, days, items, gaps, len(item_counts), 0)
    is_kept = ~is_giant[customers]
    renumbered = np.cumsum(~is_giant) - 1
    return CustomerSteps(
        customers=renumbered[customers[is_kept]],
        days=days[is_kept],
        items=items[is_kept],
        gaps=gaps[is_kept],
        customer_count=int((~is_giant).sum()),
        giant_customer_count=int(is_giant.sum()),
    )


def _read_lines(engine: Engine, window: Window) -> tuple[Int64s, Int64s, Int32s]:
    build(engine, "customer_items", window.values)
    kinds = {"customer_code": "int64", "ordered_day": "int64", "item_code": "int32"}
    sql = "select customer_code, ordered_day, item_code from customer_items"
    customers, days, items = read_columns(engine, sql, kinds)
    engine.drop("customer_items")
    return customers, days, items


def _distinct(customers: Int64s, days: Int64s, items: Int32s) -> tuple[Int64s, Int64s, Int32s]:
    """Return each customer, day and item once, in this order; customers may be renumbered."""
    first_day = int(days.min()) if len(days) else 0
    width = int(items.max(initial=0)) + 1
    day_count = int(days.max()) - first_day + 1 if len(days) else 1
    keys = packed(customers, (days - first_day) * width + items, day_count * width)
    steps, codes = split(distinct(keys), width)
    customers, days = split(steps, day_count)
    return customers, days + first_day, codes.astype(np.int32)


def _gaps(customers: Int64s, days: Int64s, items: Int32s) -> Int64s:
    """Return the days since the same customer's last purchase of the same item, 0 without one."""
    keys = packed(customers, items, int(items.max(initial=0)) + 1)
    order = stable_order(keys)  # the purchases are in the order of days
    ordered, ordered_days = keys[order], days[order]
    gaps = np.zeros(len(keys), np.int64)
    gaps[order[1:]] = np.where(is_first(ordered)[1:], 0, np.diff(ordered_days))
    return gaps
