"""Counts of given pairs of items among orders and among customers."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from pipeline.config.mining_options import Mining
from pipeline.engine import Engine
from pipeline.mining.baskets import (
    Baskets,
    Int64s,
    gather_baskets,
    read_baskets,
    without_giants,
)
from pipeline.mining.rule_customers import pair_holders
from pipeline.mining.significance import p_values
from pipeline.mining.window import Window

_NO_LIMIT = 2**31 - 1


@dataclass(frozen=True)
class Pairs:
    """Pairs of item codes, one row a pair."""

    left: Int64s
    right: Int64s

    def __len__(self) -> int:
        """Return the number of pairs."""
        return len(self.left)


@dataclass(frozen=True)
class _Counts:
    """Baskets of each pair: of both items, of either, and distinct customers of both."""

    joint: Int64s
    left: Int64s
    right: Int64s
    customers: Int64s
    basket_count: int

    @property
    def lift(self) -> pa.Array:
        """Baskets with both / expected if independent; NULL where an item is in no basket."""
        expected = self.left.astype(np.float64) * self.right
        lift = self.joint.astype(np.float64) * self.basket_count / np.maximum(expected, 1)
        return pa.array(lift, mask=expected == 0)


def count_kinds(engine: Engine, pairs: Pairs, window: Window, max_basket_items: int) -> pa.Table:
    """Count pairs among orders and among customers.

    Args:
        engine: Holds `sale_lines`.
        pairs: Pairs to count.
        window: Sale lines inside it count.
        max_basket_items: Orders with more distinct items are left out. Customers are not: only
            baskets of given pairs are looked at, whatever else is in them.

    Returns:
        One row a pair in the order given, with counts, lifts and shares; shares and lifts without
        a denominator are NULL, and so is what customers say where none is known.
    """
    by_order = Mining(grain="order", max_basket_items=_NO_LIMIT)
    baskets = read_baskets(engine, by_order, window)
    orders = _counted(without_giants(baskets, max_basket_items), pairs)
    people = _counted(_by_customer(engine, window, baskets), pairs)
    is_unknown = np.full(len(pairs), people.basket_count == 0)
    # An order that names several customers counts for one, who need not have bought both.
    same_order = np.minimum(orders.customers, people.joint)
    p = p_values(orders.joint, orders.left, orders.right, orders.basket_count)
    return pa.table(
        {
            "order_count": orders.joint,
            "left_order_count": orders.left,
            "right_order_count": orders.right,
            "basket_count": np.full(len(pairs), orders.basket_count),
            "order_lift": orders.lift,
            "order_p_value": p,
            "left_share": _share(orders.joint, orders.left),
            "right_share": _share(orders.joint, orders.right),
            "joint_customer_count": pa.array(people.joint, mask=is_unknown),
            "customer_lift": people.lift,
            "same_order_customer_count": pa.array(same_order, mask=is_unknown),
            "same_order_share": _share(same_order, people.joint),
        }
    )


def _by_customer(engine: Engine, window: Window, orders: Baskets) -> Baskets:
    """Return what every known customer bought, from the orders where each is of one of them."""
    customers = orders.customers
    if customers is None or orders.has_mixed_customers:
        by_customer = Mining(grain="customer", max_basket_items=_NO_LIMIT)
        return read_baskets(engine, by_customer, window)
    known, numbers = np.unique(customers, return_inverse=True)
    is_known = np.repeat(customers >= 0, orders.sizes)
    owners, items = np.repeat(numbers, orders.sizes)[is_known], orders.item_codes[is_known]
    return gather_baskets(owners, items, _NO_LIMIT, known[known >= 0])


def _counted(baskets: Baskets, pairs: Pairs) -> _Counts:
    found = pair_holders(baskets, pairs.left, pairs.right)
    width = max(int(side.max(initial=0)) for side in (pairs.left, pairs.right)) + 1
    singles = np.bincount(baskets.item_codes, minlength=width)
    left, right = singles[pairs.left], singles[pairs.right]
    return _Counts(found[:, 0], left, right, found[:, 1], baskets.basket_count)


def _share(part: Int64s, whole: Int64s) -> pa.Array:
    """Return part / whole, NULL where the whole is nothing."""
    return pa.array(part / np.maximum(whole, 1), mask=whole == 0)
