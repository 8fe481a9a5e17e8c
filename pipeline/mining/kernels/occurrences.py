"""Count the items that stand before one item in the baskets that hold it: occurrence deliver.

Time: the items read, once to count and once more to list what is frequent, or all items before
the one in question where these are fewer.

Source:
    Uno, Kiyomi and Arimura, LCM ver. 2: Efficient Mining Algorithms for Frequent/Closed/Maximal
    Itemsets, FIMI 2004.
"""

from typing import NamedTuple

import numpy as np

from pipeline.mining.baskets import Int32s, Int64s
from pipeline.mining.kernels.compiled import inner

EMPTY = np.int32(-1)


class Rows(NamedTuple):
    """Weighted baskets, and for each item the baskets that hold it.

    Row `r` is `items[begins[r]:begins[r + 1]]`, ascending, two items or more.
    """

    items: Int32s
    begins: Int64s
    weights: Int64s
    occurrences: Int32s


class Visit(NamedTuple):
    """One item of one data set: its occurrences are those from `low` to `high`."""

    item: int
    low: int
    high: int


class Scratch(NamedTuple):
    """Arrays that every visit uses and leaves as it found them, but for `frequent`."""

    counts: Int64s
    local: Int32s
    frequent: Int32s
    masks: Int64s
    mask_nodes: Int32s


@inner
def count_prefixes(rows: Rows, visit: Visit, counts: Int64s) -> int:
    """Count the items before the visited one in its rows; return how many were read."""
    items, walked = rows.items, 0
    for place in range(visit.low, visit.high):
        row = rows.occurrences[place]
        begin = at = rows.begins[row]
        weight = rows.weights[row]
        while items[at] < visit.item:
            counts[items[at]] += weight
            at += 1
        walked += at - begin
    return walked


@inner
def list_frequent(rows: Rows, visit: Visit, walked: int, min_count: int, scratch: Scratch) -> int:
    """List the items that are frequent together with the visited one, ascending."""
    if walked >= visit.item:
        return _scan_counts(visit.item, min_count, scratch)
    return _walk_counts(rows, visit, min_count, scratch)


@inner
def _scan_counts(item: int, min_count: int, scratch: Scratch) -> int:
    found = 0
    for other in range(item):
        if scratch.counts[other] >= min_count:
            scratch.frequent[found] = other
            found += 1
    return found


@inner
def _walk_counts(rows: Rows, visit: Visit, min_count: int, scratch: Scratch) -> int:
    """Look only at items that the rows hold; `local` marks those that are listed."""
    counts, local, frequent, found = scratch.counts, scratch.local, scratch.frequent, 0
    for place in range(visit.low, visit.high):
        at = rows.begins[rows.occurrences[place]]
        other = rows.items[at]
        while other < visit.item:
            if counts[other] >= min_count and local[other] < 0:
                local[other] = 0
                frequent[found] = other
                found += 1
            at += 1
            other = rows.items[at]
    _sort(frequent, found)
    for place in range(found):
        local[frequent[place]] = EMPTY
    return found


@inner
def _sort(values: Int32s, count: int) -> None:
    """Sort the first values in place (Shell 1959): a library's sort takes a second to compile."""
    gap = count // 2
    while gap > 0:
        for place in range(gap, count):
            value, hole = values[place], place
            while hole >= gap and values[hole - gap] > value:
                values[hole] = values[hole - gap]
                hole -= gap
            values[hole] = value
        gap = 1 if gap == 2 else gap * 5 // 11
