"""Frequent itemsets: the miners behind one function, flat arrays in and out."""

from array import array
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from pipeline.mining.baskets import (
    Baskets,
    Int32s,
    Int64s,
    keep_frequent_items,
    sort_rows,
    to_offsets,
)


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
    baskets: Baskets, min_count: int, max_size: int, algorithm: Literal["fpgrowth", "apriori"]
) -> Itemsets:
    """Find every itemset that is in at least `min_count` baskets, with its exact count.

    Args:
        baskets: Baskets of any items; those below the minimum count are left out first.
        min_count: Smallest number of baskets, at least 1.
        max_size: Largest number of items in an itemset, at least 1.
        algorithm: Both give the same itemsets.

    Returns:
        The itemsets without the empty one, ordered by size, then item codes.

    Source:
        Agrawal and Srikant, Fast Algorithms for Mining Association Rules, VLDB 1994;
        Han, Pei and Yin, Mining Frequent Patterns without Candidate Generation, SIGMOD 2000.
    """
    frequent, item_codes = keep_frequent_items(baskets, min_count)
    if len(item_codes) == 0:
        return Itemsets(item_codes, np.zeros(1, np.int64), np.zeros(0, np.int64))
    mine = _mine_by_fpgrowth if algorithm == "fpgrowth" else _mine_by_apriori
    return relabel_items(mine(frequent, min_count, max_size), item_codes)


def relabel_items(itemsets: Itemsets, new_codes: Int32s) -> Itemsets:
    """Give every item its new code (by old code) and put items and itemsets in order again."""
    rows = np.repeat(np.arange(len(itemsets.counts)), itemsets.sizes)
    items = sort_rows(rows, new_codes[itemsets.items].astype(np.int64))
    order = np.concatenate(
        [_order_of_size(itemsets, items, size) for size in np.unique(itemsets.sizes)]
        or [np.zeros(0, np.int64)]
    )
    sizes = itemsets.sizes[order]
    offsets = to_offsets(sizes)
    places = np.arange(offsets[-1]) + np.repeat(itemsets.offsets[order] - offsets[:-1], sizes)
    return Itemsets(items[places], offsets, itemsets.counts[order])


def _order_of_size(itemsets: Itemsets, items: Int32s, size: int) -> Int64s:
    rows = np.flatnonzero(itemsets.sizes == size)
    columns = [items[itemsets.offsets[rows] + column] for column in range(size)]
    return rows[np.lexsort(columns[::-1])]


def _mine_by_fpgrowth(baskets: Baskets, min_count: int, max_size: int) -> Itemsets:
    """Mine with mlxtend's FP-tree, equal baskets inserted once.

    Its tree and its recursion are called, not its function `fpgrowth`: that makes a dense
    matrix of baskets by items to count the items, and divides counts before it compares them.
    """
    from mlxtend.frequent_patterns.fpcommon import FPTree
    from mlxtend.frequent_patterns.fpgrowth import fpg_step

    tree = FPTree()
    for basket, count in _equal_baskets(baskets).items():
        tree.insert_itemset(np.frombuffer(basket, np.int32).tolist(), count)
    items, ends, counts = array("i"), array("q", [0]), array("q")
    for count, itemset in fpg_step(tree, min_count, None, max_size, verbose=0):
        items.extend(itemset)
        ends.append(len(items))
        counts.append(count)
    return Itemsets(np.asarray(items), np.asarray(ends), np.asarray(counts))


def _equal_baskets(baskets: Baskets) -> Counter[bytes]:
    """Count equal baskets; the key is the bytes of the item codes."""
    item_codes = baskets.item_codes
    bounds = pairwise(baskets.basket_offsets.tolist())
    return Counter(item_codes[start:end].tobytes() for start, end in bounds if start < end)


def _mine_by_apriori(baskets: Baskets, min_count: int, max_size: int) -> Itemsets:
    """Mine with mlxtend's Apriori on a sparse frame of the baskets that hold an item.

    Its threshold is a share: half a basket less than the count, so that no rounding of the
    share loses an itemset that stands exactly on the threshold.
    """
    import pandas as pd
    from mlxtend.frequent_patterns import apriori
    from scipy.sparse import csr_array

    offsets = to_offsets(baskets.sizes[baskets.sizes > 0])
    basket_count = len(offsets) - 1
    is_present = np.ones(len(baskets.item_codes), dtype=np.bool_)
    shape = (basket_count, int(baskets.item_codes.max()) + 1)
    matrix = csr_array((is_present, baskets.item_codes, offsets), shape=shape)
    frame = pd.DataFrame.sparse.from_spmatrix(matrix)  # type: ignore[attr-defined] # not in stubs
    share = (min_count - 0.5) / basket_count
    found = apriori(frame, min_support=share, max_len=max_size, low_memory=True)
    items = np.fromiter((item for itemset in found["itemsets"] for item in itemset), np.int32)
    sizes = np.fromiter(map(len, found["itemsets"]), np.int64)
    counts = np.rint(found["support"].to_numpy() * basket_count).astype(np.int64)
    return Itemsets(items, to_offsets(sizes), counts)
