"""How often items stand together in each part of a context, and in all parts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.mining.baskets import Int64s
from pipeline.mining.contexts import UNKNOWN, Parts
from pipeline.mining.keys import is_first

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


def count_parts(
    pairs: Int64s, holders: Holders, contexts: Sequence[Parts], customers: Int64s
) -> list[PartCounts]:
    """Count items and pairs of items in each part of each context.

    Args:
        pairs: Two items a row.
        holders: The orders of each item.
        contexts: The part of each order.
        customers: Customer of each order, the orders of one side by side; `UNKNOWN` for
            anonymous orders.
    """
    blocks = [
        [_pair_counts(joint, parts, customers) for parts in contexts]
        for joint in _joint_orders(pairs, holders)
    ]
    return [
        _put_together(holders, parts, [block[place] for block in blocks])
        for place, parts in enumerate(contexts)
    ]


def _put_together(
    holders: Holders, parts: Parts, blocks: Sequence[tuple[Int64s, Int64s, Int64s]]
) -> PartCounts:
    item_count = len(holders.offsets) - 1
    rows = np.repeat(np.arange(item_count), np.diff(holders.offsets))
    nothing = (np.zeros((0, parts.width), dtype=np.int64),) * 3
    return PartCounts(
        _table(np.zeros_like(parts.codes), parts.codes, (1, parts.width))[0],
        _table(rows, parts.codes[holders.orders], (item_count, parts.width)),
        *(np.concatenate(found) for found in zip(nothing, *blocks, strict=True)),
    )


@dataclass(frozen=True)
class _Joint:
    """Some pairs: pair and order of each order with both items, in the order of both."""

    count: int
    pairs: Int64s
    orders: Int64s


def _joint_orders(pairs: Int64s, holders: Holders) -> Iterator[_Joint]:
    """Yield the orders with both items, some pairs at a time."""
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
        yield _Joint(len(block), rows, np.concatenate(joint))


def _pair_counts(joint: _Joint, parts: Parts, customers: Int64s) -> tuple[Int64s, Int64s, Int64s]:
    """Return joint orders, their customers, and the customers outside, by pair and part."""
    codes, people = parts.codes[joint.orders], customers[joint.orders]
    counts = _table(joint.pairs, codes, (joint.count, parts.width))
    is_known = (codes != UNKNOWN) & (people != UNKNOWN)
    rows, people, codes = joint.pairs[is_known], people[is_known], codes[is_known]
    if not len(rows):
        return counts, np.zeros_like(counts), np.zeros_like(counts)
    # One row per pair and customer, with a bit for each part that the customer was in.
    starts = np.flatnonzero(is_first(rows) | is_first(people))
    bits, owners = np.bitwise_or.reduceat(np.left_shift(1, codes), starts), rows[starts]
    inside, alone = np.zeros_like(counts), np.zeros_like(counts)
    for part in range(parts.width):
        bit = 1 << part
        inside[:, part] = np.bincount(owners[bits & bit > 0], minlength=joint.count)
        alone[:, part] = np.bincount(owners[bits == bit], minlength=joint.count)
    everybody = np.bincount(owners, minlength=joint.count).reshape(-1, 1)
    return counts, inside, everybody - alone


def _table(rows: Int64s, codes: Int64s, shape: tuple[int, int]) -> Int64s:
    """Count the rows by row number and code; unknown codes are left out."""
    is_known = codes != UNKNOWN
    places = rows[is_known] * shape[1] + codes[is_known]
    return np.bincount(places, minlength=shape[0] * shape[1]).astype(np.int64).reshape(shape)
