"""Mine with our compiled kernels: baskets to a trie, the trie to itemsets."""

from collections.abc import Sequence

import numpy as np

from pipeline.errors import DataError
from pipeline.mining.baskets import Baskets, Int32s, Int64s, to_offsets
from pipeline.mining.itemsets import Itemsets
from pipeline.mining.threads import in_threads, parts_of_items

LARGEST_ROW_COUNT = 2**31 - 1

Nodes = tuple[Int32s, Int32s, Int64s]
"""Parent, item and count of the nodes of a trie."""


def mine(baskets: Baskets, min_count: int, max_size: int, threads: int) -> Itemsets:
    """Find the frequent itemsets of baskets that hold frequent items only, in any order.

    Args:
        baskets: Items are numbered by falling count and all of them are frequent.
        min_count: Smallest number of baskets.
        max_size: Largest number of items in an itemset.
        threads: Each takes some of the items and finds the itemsets whose rarest item is one
            of these.
    """
    from pipeline.mining.kernels.fpgrowth import mine_items
    from pipeline.mining.kernels.vertical import rows_of_items

    item_counts = baskets.item_counts
    items, begins = _rows_with_pairs(baskets)
    weights = np.ones(len(begins) - 1, dtype=np.int64)
    occurrences, starts = rows_of_items(items, begins, np.arange(len(weights)), len(item_counts))

    def mine_part(part: tuple[int, int]) -> Nodes:
        limits = (*part, min_count, max_size)
        return mine_items(items, begins, weights, occurrences, starts, item_counts, limits)

    return to_itemsets(in_threads(mine_part, parts_of_items(starts, threads), threads))


def _rows_with_pairs(baskets: Baskets) -> tuple[Int32s, Int64s]:
    """Return the baskets that hold two items or more: only these can hold larger itemsets."""
    sizes = baskets.sizes
    has_pairs = sizes > 1
    if int(has_pairs.sum()) > LARGEST_ROW_COUNT:
        message = f"more than {LARGEST_ROW_COUNT:,} baskets hold two frequent items"
        raise DataError(message)
    return baskets.item_codes[np.repeat(has_pairs, sizes)], to_offsets(sizes[has_pairs])


def to_itemsets(parts: Sequence[Nodes]) -> Itemsets:
    """Put the tries of several parts together and spell their nodes out as rows of items."""
    from pipeline.mining.kernels.trie import depths, unfold

    firsts = to_offsets(np.array([len(counts) for _, _, counts in parts]))
    moved = [
        np.where(parents < 0, -1, parents + first).astype(np.int32)
        for (parents, _, _), first in zip(parts, firsts[:-1], strict=True)
    ]
    parents = np.concatenate(moved)
    items = np.concatenate([items for _, items, _ in parts])
    counts = np.concatenate([counts for _, _, counts in parts])
    offsets = to_offsets(depths(parents))
    return Itemsets(unfold(parents, items, offsets), offsets, counts)
