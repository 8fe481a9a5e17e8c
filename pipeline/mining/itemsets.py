"""Frequent itemsets: the miners behind one function, flat arrays in and out."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from pipeline.mining.baskets import (
    Baskets,
    Int32s,
    Int64s,
    to_offsets,
)

Algorithm = Literal["fpgrowth", "apriori"]
Miner = Literal["kernel", "mlxtend"]
NO_LIMIT = 2**61
"""More itemsets than fit anywhere, of which twice as many still fit a number of 64 bits."""


class TooManyItemsetsError(Exception):
    """A search found more itemsets than it was allowed to, and gave up."""


@dataclass(frozen=True)
class Itemsets:
    """Itemsets in compressed rows: itemset `s` is `items[offsets[s]:offsets[s + 1]]`.

    Attributes:
        items: Item codes of all itemsets, ascending inside an itemset.
        offsets: Start of each itemset, and the end of the last.
        counts: Number of baskets that hold every item of the itemset.
    """

    items: Int32s
    offsets: Int64s
    counts: Int64s

    @property
    def sizes(self) -> Int64s:
        """Number of items of each itemset."""
        return np.diff(self.offsets)

    @property
    def firsts(self) -> Int64s:
        """Row of the first itemset of each size from 1 on, and the number of all; if in order."""
        sizes = self.sizes
        return np.searchsorted(sizes, np.arange(1, int(sizes.max(initial=0)) + 2))

    def up_to_size(self, size: int) -> "Itemsets":
        """Return the itemsets of so many items at most; if in order."""
        count = self.rows_of_size(size).stop
        end = self.offsets[count]
        return Itemsets(self.items[:end], self.offsets[: count + 1], self.counts[:count])

    def rows_of_size(self, size: int) -> slice:
        """Return where the itemsets of one size stand, in itemsets that are in order."""
        start, stop = np.searchsorted(self.sizes, [size, size + 1])
        return slice(int(start), int(stop))

    def of_size(self, size: int) -> Int32s:
        """Return the itemsets of one size as a matrix with a column per item."""
        rows = self.rows_of_size(size)
        start, stop = self.offsets[rows.start], self.offsets[rows.stop]
        return self.items[start:stop].reshape(-1, size)


def mine_itemsets(
    baskets: Baskets,
    min_count: int,
    max_size: int,
    algorithm: Algorithm,
    *,
    miner: Miner = "kernel",
    threads: int = 1,
    most: int = NO_LIMIT,
) -> Itemsets:
    """Find every itemset that is in at least `min_count` baskets, with its exact count.

    Args:
        baskets: Baskets of any items; those below the minimum count are left out first.
        min_count: Smallest number of baskets, at least 1.
        max_size: Largest number of items in an itemset, at least 1.
        algorithm: Both give the same itemsets.
        miner: Ours, or mlxtend as an independent check; both give the same itemsets.
        threads: Threads of our miner.
        most: Most itemsets; our miner gives up when it has found more.

    Returns:
        The itemsets without the empty one, ordered by size, then item codes.

    Raises:
        TooManyItemsetsError: There are more itemsets than that.

    Source:
        Agrawal and Srikant, Fast Algorithms for Mining Association Rules, VLDB 1994;
        Han, Pei and Yin, Mining Frequent Patterns without Candidate Generation, SIGMOD 2000.
    """
    from pipeline.mining import kernel_miner, mlxtend_miner

    if miner == "kernel":
        limits = kernel_miner.Limits(min_count, max_size, most)
        return kernel_miner.mine(baskets, limits, algorithm, threads)
    return relabel_items(*mlxtend_miner.mine(baskets, min_count, max_size, algorithm))


def relabel_items(itemsets: Itemsets, new_codes: Int32s) -> Itemsets:
    """Give every item its new code (by old code) and put items and itemsets in order again.

    Itemsets that stand by size are changed in place, one size at a time: they are not held twice.
    """
    from pipeline.mining.kernels.ordering import order_rows, take_rows

    ordered = _by_size(itemsets)
    items, offsets, counts = ordered.items, ordered.offsets, ordered.counts
    width = int(new_codes.max(initial=0)) + 1
    for size, (first, last) in enumerate(pairwise(ordered.firsts.tolist()), start=1):
        place = slice(offsets[first], offsets[last])
        spelled = new_codes[items[place]].reshape(-1, size)
        spelled.sort(axis=1)
        order = order_rows(spelled.ravel(), size, width)
        take_rows(spelled.ravel(), order, items[place])
        counts[first:last] = counts[first:last][order]
    return ordered


def _by_size(itemsets: Itemsets) -> Itemsets:
    """Return the itemsets by size, the same arrays where they stand so."""
    sizes = itemsets.sizes
    if np.all(sizes[1:] >= sizes[:-1]):
        return itemsets
    rows = np.argsort(sizes, kind="stable")
    offsets = to_offsets(sizes[rows])
    places = np.arange(offsets[-1]) + np.repeat(itemsets.offsets[rows] - offsets[:-1], sizes[rows])
    return Itemsets(itemsets.items[places], offsets, itemsets.counts[rows])
