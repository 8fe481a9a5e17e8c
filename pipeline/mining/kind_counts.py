"""Counts of given pairs of items among orders and among customers."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from pipeline.config.mining_options import Mining
from pipeline.engine import Engine
from pipeline.mining.baskets import Baskets, Int64s, read_baskets, to_offsets
from pipeline.mining.significance import p_values
from pipeline.mining.window import Window

LOOKUPS_AT_ONCE = 4_000_000
"""Baskets of pairs that are looked up together; one pair has no more than there are baskets."""
_NO_LIMIT = 2**31 - 1
_UNKNOWN = -1


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
    by_order = Mining(grain="order", max_basket_items=max_basket_items)
    orders = _counted(read_baskets(engine, by_order, window), pairs)
    by_customer = Mining(grain="customer", max_basket_items=_NO_LIMIT)
    people = _counted(read_baskets(engine, by_customer, window), pairs)
    is_unknown = np.full(len(pairs), people.basket_count == 0)
    # An order that names several customers counts for one, who need not have bought both.
    same_order = np.minimum(orders.customers, people.joint)
    p = p_values(orders.joint, orders.left, orders.right, orders.basket_count)
    return pa.table(
        {
            "left_code": pairs.left,
            "right_code": pairs.right,
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


def joint_baskets(baskets: Baskets, pairs: Pairs) -> Iterator[tuple[Int64s, Int64s]]:
    """Yield the baskets with both items of a pair as pair and basket, whole pairs at a time.

    The baskets of the rarer item are looked up among those of the other: no basket is expanded to
    all of its pairs, so that large ones cost no more than small ones.
    """
    width = max(int(codes.max(initial=0)) for codes in (*_sides(pairs), baskets.item_codes)) + 1
    rows = np.repeat(np.arange(baskets.basket_count), baskets.sizes)
    order = np.argsort(baskets.item_codes, kind="stable")
    by_item = rows[order]
    # By item, then basket: what is looked up for a pair stands close together, ascending.
    keys = baskets.item_codes[order] * np.int64(baskets.basket_count) + by_item
    starts = to_offsets(np.bincount(baskets.item_codes, minlength=width))
    counts = np.diff(starts)
    is_left = counts[pairs.left] <= counts[pairs.right]
    rarer, other = (np.where(is_left, *sides) for sides in (_sides(pairs), _sides(pairs)[::-1]))
    for begin, end in _portions(counts[rarer]):
        sizes = counts[rarer[begin:end]]
        pair = np.repeat(np.arange(begin, end), sizes)
        places = np.arange(len(pair)) - np.repeat(to_offsets(sizes)[:-1], sizes)
        basket = by_item[places + starts[rarer[pair]]]
        wanted = other[pair] * baskets.basket_count + basket
        is_joint = keys[np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)] == wanted
        yield pair[is_joint], basket[is_joint]


def _counted(baskets: Baskets, pairs: Pairs) -> _Counts:
    people = _numbered(baskets)
    joint, customers = np.zeros(len(pairs), np.int64), np.zeros(len(pairs), np.int64)
    for pair, basket in joint_baskets(baskets, pairs):
        joint += np.bincount(pair, minlength=len(pairs))
        customers += _people(pair, people[basket], len(pairs))
    width = max(int(side.max(initial=0)) for side in _sides(pairs)) + 1
    singles = np.bincount(baskets.item_codes, minlength=width)
    left, right = singles[pairs.left], singles[pairs.right]
    return _Counts(joint, left, right, customers, baskets.basket_count)


def _people(pair: Int64s, people: Int64s, pair_count: int) -> Int64s:
    """Return the distinct known people, numbered from 0 on, behind the baskets of each pair."""
    width, is_known = int(people.max(initial=0)) + 1, people != _UNKNOWN
    known = np.unique(pair[is_known] * width + people[is_known])
    return np.bincount(known // width, minlength=pair_count)


def _numbered(baskets: Baskets) -> Int64s:
    """Return the customer of each basket, numbered from 0 on, -1 where unknown."""
    customers = baskets.customers
    if customers is None:
        return np.full(baskets.basket_count, _UNKNOWN)
    numbers = np.unique(customers, return_inverse=True)[1]
    return np.where(customers == _UNKNOWN, _UNKNOWN, numbers)


def _portions(sizes: Int64s) -> Iterator[tuple[int, int]]:
    """Yield ranges of pairs with about `LOOKUPS_AT_ONCE` baskets, one pair or more each."""
    ends, begin = to_offsets(sizes), 0
    while begin < len(sizes):
        full = int(np.searchsorted(ends, ends[begin] + LOOKUPS_AT_ONCE, side="right")) - 1
        end = min(len(sizes), max(begin + 1, full))
        if ends[end] > ends[begin]:
            yield begin, end
        begin = end


def _sides(pairs: Pairs) -> tuple[Int64s, Int64s]:
    return pairs.left, pairs.right


def _share(part: Int64s, whole: Int64s) -> pa.Array:
    """Return part / whole, NULL where the whole is nothing."""
    return pa.array(part / np.maximum(whole, 1), mask=whole == 0)
