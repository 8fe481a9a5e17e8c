"""How often items stand together in each part of a context, and in all parts."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pipeline.mining.baskets import Int64s, is_first
from pipeline.mining.contexts import UNKNOWN, Parts

PAIRS_AT_ONCE = 1000
"""Pairs whose orders are held in memory together."""


@dataclass(frozen=True)
class Holders:
    """The orders that hold each item: item `i` is in `orders[offsets[i]:offsets[i + 1]]`."""

    orders: Int64s
    offsets: Int64s

    @classmethod
    def of(cls, items: Int64s, orders: Int64s, item_count: int) -> "Holders":
        """Return the holders of lines in any order, each item and order once."""
        order = np.argsort(items, kind="stable")
        counts = np.bincount(items, minlength=item_count)
        return cls(orders[order], np.concatenate(([0], np.cumsum(counts))))

    def __getitem__(self, item: int) -> Int64s:
        """Return the orders that hold an item."""
        return self.orders[self.offsets[item] : self.offsets[item + 1]]


@dataclass(frozen=True)
class PartCounts:
    """Counts in one context, by row (a pair or an item) and part, unknown orders left out.

    Attributes:
        orders: All orders, by part.
        items: Orders with an item, by item and part.
        joint: Orders with both items of a pair, by pair and part.
        customers: Distinct known customers of these, by pair and part.
        other_customers: The same outside the part.
    """

    orders: Int64s
    items: Int64s
    joint: Int64s
    customers: Int64s
    other_customers: Int64s


def count_parts(pairs: Int64s, holders: Holders, parts: Parts, customers: Int64s) -> PartCounts:
    """Count items and pairs of items in each part of a context.

    Args:
        pairs: Two items a row.
        holders: The orders of each item.
        parts: The part of each order.
        customers: Customer of each order, dense codes; `UNKNOWN` for anonymous orders.
    """
    width, item_count = parts.width, len(holders.offsets) - 1
    rows = np.repeat(np.arange(item_count), np.diff(holders.offsets))
    blocks = [
        _pair_counts(count, rows_of, held_by, parts=parts, customers=customers)
        for count, rows_of, held_by in _joint_orders(pairs, holders)
    ]
    nothing = (np.zeros((0, width), dtype=np.int64),) * 3
    return PartCounts(
        _table(np.zeros_like(parts.codes), parts.codes, (1, width))[0],
        _table(rows, parts.codes[holders.orders], (item_count, width)),
        *(np.concatenate(found) for found in zip(nothing, *blocks, strict=True)),
    )


def _joint_orders(pairs: Int64s, holders: Holders) -> Iterator[tuple[int, Int64s, Int64s]]:
    """Yield the number of some pairs, and the pair and order of each order with both items."""
    is_left = np.zeros(int(holders.orders.max(initial=-1)) + 1, dtype=np.bool_)
    for start in range(0, len(pairs), PAIRS_AT_ONCE):
        block = pairs[start : start + PAIRS_AT_ONCE]
        joint = []
        for left, right in block:
            is_left[holders[left]] = True
            candidates = holders[right]
            joint.append(candidates[is_left[candidates]])
            is_left[holders[left]] = False
        rows = np.repeat(np.arange(len(block)), [len(orders) for orders in joint])
        yield len(block), rows, np.concatenate(joint)


def _pair_counts(
    count: int, rows: Int64s, orders: Int64s, *, parts: Parts, customers: Int64s
) -> tuple[Int64s, Int64s, Int64s]:
    """Return joint orders, their customers, and the customers outside, by pair and part."""
    codes, people, shape = parts.codes[orders], customers[orders], (count, parts.width)
    is_known = (codes != UNKNOWN) & (people != UNKNOWN)
    # One row per pair, customer and part; a customer of one part only is nowhere outside of it.
    owners = rows[is_known] * (int(people.max(initial=0)) + 1) + people[is_known]
    keys = np.unique(owners * parts.width + codes[is_known])
    owners, known_codes = np.divmod(keys, parts.width)
    pairs = owners // (int(people.max(initial=0)) + 1)
    is_new = is_first(owners)
    is_alone = is_new & np.append(is_new[1:], np.ones(min(1, len(keys)), dtype=np.bool_))
    everybody = np.bincount(pairs[is_new], minlength=count).reshape(count, 1)
    alone = _table(pairs[is_alone], known_codes[is_alone], shape)
    return _table(rows, codes, shape), _table(pairs, known_codes, shape), everybody - alone


def _table(rows: Int64s, codes: Int64s, shape: tuple[int, int]) -> Int64s:
    """Count the rows by row number and code; unknown codes are left out."""
    is_known = codes != UNKNOWN
    places = rows[is_known] * shape[1] + codes[is_known]
    return np.bincount(places, minlength=shape[0] * shape[1]).astype(np.int64).reshape(shape)
