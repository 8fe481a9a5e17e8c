"""Itemsets as a trie in level order: the row of an itemset is found by its items.

The itemsets stand by size, then by items, and every subset of one stands among them. Node 0 is the
empty itemset and node `n` row `n - 1`. The children of a node, which hold one item more, are the
nodes from `starts[n]` to `starts[n + 1]`, ascending by that item, so a binary search finds the
one in question. 12 bytes a node; to find an itemset takes a search for each of its items.
"""

from typing import NamedTuple

import numpy as np

from pipeline.mining.baskets import Int32s, Int64s
from pipeline.mining.kernels.compiled import entry, inlined

NO_NODE = -1


class Levels(NamedTuple):
    """First child and largest item of each node; `starts` is one longer than the nodes."""

    starts: Int64s
    lasts: Int32s


@inlined
def child_of(levels: Levels, node: int, item: int) -> int:
    """Return the itemset of a node and one larger item; NO_NODE where it is not among them."""
    if node < 0:
        return NO_NODE
    low, high = levels.starts[node], levels.starts[node + 1]
    end = high
    while low < high:
        middle = (low + high) >> 1
        if levels.lasts[middle] < item:
            low = middle + 1
        else:
            high = middle
    return low if low < end and levels.lasts[low] == item else NO_NODE


@inlined
def _is_same(items: Int32s, left: int, right: int, size: int) -> bool:
    """Whether the items at two places are the same."""
    place = 0
    while place < size and items[left + place] == items[right + place]:
        place += 1
    return place == size


@entry("void(int32[::1], int64[::1], int64[::1], int32[::1])")
def _link(items: Int32s, firsts: Int64s, starts: Int64s, lasts: Int32s) -> None:
    """Do the work of `link_levels`."""
    count = firsts[-1]
    starts[0], lasts[0], starts[count + 1] = 1, NO_NODE, count + 1
    level_at = 0
    for level in range(len(firsts) - 1):
        size, begin, end = level + 1, firsts[level], firsts[level + 1]
        stop = firsts[level + 2] if level + 2 < len(firsts) else end
        next_at, child = level_at + (end - begin) * size, end
        for row in range(begin, end):
            at = level_at + (row - begin) * size
            lasts[row + 1], starts[row + 1] = items[at + size - 1], child + 1
            while child < stop and _is_same(items, at, next_at + (child - end) * (size + 1), size):
                child += 1
        if child < stop:
            starts[0] = NO_NODE
        level_at = next_at


def link_levels(items: Int32s, firsts: Int64s) -> Levels:
    """Find the children of every itemset: those of the next size that begin with its items.

    Args:
        items: Items of all itemsets, by size, then items.
        firsts: Row of the first itemset of each size from 1 on, and the number of all itemsets.

    Returns:
        The trie; a first start of -1 where some itemset lacks its prefix.
    """
    levels = Levels(np.empty(firsts[-1] + 2, np.int64), np.empty(firsts[-1] + 1, np.int32))
    _link(items, firsts, *levels)
    return levels
