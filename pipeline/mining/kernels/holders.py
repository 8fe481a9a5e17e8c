"""Which baskets hold an itemset: their number, and the persons behind them.

In plain words: take the item of the itemset that the fewest baskets hold, and look into each of
these for the other items. The baskets of one person stand together, so a new one is seen at once.
Time: one binary search for each basket with the rarest item and each other item.

Pairs alone are quicker: the baskets of the more common item are marked once for all of its pairs,
in an array that stays in the cache, and those of the other are looked up there.
"""

import numpy as np

from pipeline.mining.baskets import Int32s, Int64s
from pipeline.mining.kernels.compiled import entry, inlined
from pipeline.mining.kernels.searching import place_of


@inlined
def _rarest(starts: Int64s, itemset: Int32s) -> int:
    """Return the item that the fewest baskets hold."""
    best = int(itemset[0])
    for item in itemset:
        if starts[item + 1] - starts[item] < starts[best + 1] - starts[best]:
            best = int(item)
    return best


@entry(
    "void(int32[::1], int64[::1], int32[::1], int32[::1], int64[::1], int32[::1], int64[::1],"
    " int64[:, ::1])"
)
def _count_holders(
    items: Int32s,
    begins: Int64s,
    persons: Int32s,
    rows: Int32s,
    starts: Int64s,
    itemset_items: Int32s,
    itemset_offsets: Int64s,
    counts: Int64s,
) -> None:
    """Do the work of `count_holders`; `counts` holds zeros."""
    for number in range(len(counts)):
        itemset = itemset_items[itemset_offsets[number] : itemset_offsets[number + 1]]
        rarest, last = _rarest(starts, itemset), -1
        for place in range(starts[rarest], starts[rarest + 1]):
            row = rows[place]
            holds = True
            for item in itemset:
                if item != rarest and place_of(items, begins[row], begins[row + 1], item) < 0:
                    holds = False
                    break
            if holds:
                counts[number, 0] += 1
                if persons[row] >= 0 and persons[row] != last:
                    counts[number, 1] += 1
                    last = persons[row]


def count_holders(
    items: Int32s,
    begins: Int64s,
    persons: Int32s,
    rows: Int32s,
    starts: Int64s,
    itemset_items: Int32s,
    itemset_offsets: Int64s,
) -> Int64s:
    """Count the baskets that hold each itemset, and the known persons among them.

    Args:
        items: Items of all baskets, ascending inside a basket.
        begins: Start of each basket, and the end of the last.
        persons: Number of each basket's person; negative where unknown.
        rows: Baskets of each item, those of one person together.
        starts: Start of each item's baskets, and the end of the last.
        itemset_items: Items of all itemsets; each is below the length of `starts`.
        itemset_offsets: Start of each itemset, and the end of the last.

    Returns:
        A row for each itemset: baskets, persons.
    """
    counts = np.zeros((len(itemset_offsets) - 1, 2), np.int64)
    _count_holders(items, begins, persons, rows, starts, itemset_items, itemset_offsets, counts)
    return counts


@entry(
    "void(int32[::1], int32[::1], int64[::1], int32[::1], int32[::1], int32[::1], int64[:, ::1])"
)
def _count_pair_holders(
    persons: Int32s,
    rows: Int32s,
    starts: Int64s,
    common: Int32s,
    rarer: Int32s,
    marks: Int32s,
    counts: Int64s,
) -> None:
    """Do the work of `count_pair_holders`; `marks` holds -1 for each basket, `counts` zeros."""
    marked = -1
    for number in range(len(common)):
        item, last = common[number], -1
        if item != marked:
            marked = item
            for place in range(starts[item], starts[item + 1]):
                marks[rows[place]] = item
        for place in range(starts[rarer[number]], starts[rarer[number] + 1]):
            row = rows[place]
            if marks[row] == item:
                counts[number, 0] += 1
                if persons[row] >= 0 and persons[row] != last:
                    counts[number, 1] += 1
                    last = persons[row]


def count_pair_holders(
    persons: Int32s, rows: Int32s, starts: Int64s, common: Int32s, rarer: Int32s
) -> Int64s:
    """Count the baskets that hold each pair of items, and the known persons among them.

    Args:
        persons: Number of each basket's person; negative where unknown.
        rows: Baskets of each item, those of one person together.
        starts: Start of each item's baskets, and the end of the last.
        common: One item of each pair, best the one in more baskets; equal ones stand together.
        rarer: The other one.

    Returns:
        A row for each pair: baskets, persons.
    """
    marks, counts = np.full(len(persons), -1, np.int32), np.zeros((len(common), 2), np.int64)
    _count_pair_holders(persons, rows, starts, common, rarer, marks, counts)
    return counts
