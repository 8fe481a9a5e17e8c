"""Mine with our compiled kernels: baskets to a trie, the trie to itemsets."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from pipeline.errors import DataError
from pipeline.mining.baskets import Baskets, Int32s, Int64s, to_offsets
from pipeline.mining.itemsets import NO_LIMIT, Algorithm, Itemsets, TooManyItemsetsError
from pipeline.mining.threads import in_threads, parts_of_items

LARGEST_ROW_COUNT = 2**31 - 1
BLOCK_BYTES = 64 * 2**20
"""What Apriori may take for the bits of all items; larger data are counted in blocks."""

Nodes = tuple[Int32s, Int32s, Int64s]
"""Parent, item and count of the nodes of a trie."""


class Rows(NamedTuple):
    """Baskets by basket and by item, with the number of baskets of each item."""

    items: Int32s
    begins: Int64s
    occurrences: Int32s
    starts: Int64s
    item_counts: Int64s


class Limits(NamedTuple):
    """Smallest number of baskets, most items of an itemset, and most itemsets."""

    min_count: int
    max_size: int
    most: int = NO_LIMIT


def mine(
    baskets: Baskets, new_codes: Int32s, limits: Limits, algorithm: Algorithm, *, threads: int
) -> Itemsets:
    """Find the frequent itemsets of baskets that hold frequent items only, in order.

    Args:
        baskets: Items are numbered by falling count and all of them are frequent.
        new_codes: What the items are called in the itemsets.
        limits: What an itemset must reach, and how many there may be.
        algorithm: Pattern growth, or level by level.
        threads: Threads of pattern growth: each takes some of the items and finds the itemsets
            whose rarest item is one of these. Levels are mined by one.

    Raises:
        TooManyItemsetsError: There are more itemsets than the limit; the search has given up.
    """
    return to_itemsets(mine_nodes(baskets, limits, algorithm, threads), new_codes)


def mine_nodes(baskets: Baskets, limits: Limits, algorithm: Algorithm, threads: int) -> list[Nodes]:
    """Find the same as `mine`, as tries: one for each part of the items."""
    from pipeline.mining.kernels.vertical import rows_of_items

    item_counts = baskets.item_counts
    items, begins = _rows_with_pairs(baskets)
    order = np.arange(len(begins) - 1)
    occurrences, starts = rows_of_items(items, begins, order, len(item_counts))
    rows = Rows(items, begins, occurrences, starts, item_counts)
    if algorithm == "apriori":
        return [_mine_levels(rows, limits)]
    return _grow_patterns(rows, limits, threads)


def _mine_levels(rows: Rows, limits: Limits) -> Nodes:
    from pipeline.mining.kernels.apriori import mine_levels

    nodes = mine_levels(*rows, (*limits, BLOCK_BYTES))
    _check_count([len(nodes[0])], limits)
    return nodes


def _grow_patterns(rows: Rows, limits: Limits, threads: int) -> list[Nodes]:
    from pipeline.mining.kernels.fpgrowth import mine_items

    weights = np.ones(len(rows.begins) - 1, dtype=np.int64)
    items, begins, occurrences, starts, item_counts = rows
    found: list[int] = []

    def mine_part(part: tuple[int, int]) -> Nodes:
        nodes = mine_items(
            items, begins, weights, occurrences, starts, item_counts, (*part, *limits)
        )
        found.append(len(nodes[0]))
        _check_count(found, limits)
        return nodes

    return in_threads(mine_part, parts_of_items(starts, threads), threads)


def _check_count(found: list[int], limits: Limits) -> None:
    if sum(found) > limits.most:
        raise TooManyItemsetsError(limits.most)


def _rows_with_pairs(baskets: Baskets) -> tuple[Int32s, Int64s]:
    """Return the baskets that hold two items or more: only these can hold larger itemsets."""
    sizes = baskets.sizes
    has_pairs = sizes > 1
    if int(has_pairs.sum()) > LARGEST_ROW_COUNT:
        message = f"more than {LARGEST_ROW_COUNT:,} baskets hold two frequent items"
        raise DataError(message)
    return baskets.item_codes[np.repeat(has_pairs, sizes)], to_offsets(sizes[has_pairs])


def to_itemsets(parts: Sequence[Nodes], new_codes: Int32s) -> Itemsets:
    """Spell the nodes of several tries out as itemsets in order, one size at a time.

    Args:
        parts: The tries.
        new_codes: New code of each of their items.
    """
    from pipeline.mining.kernels.ordering import order_rows, sizes_of, spell_nodes, take_rows

    part_sizes = [sizes_of(parents) for parents, _, _ in parts]
    sizes = _summed([np.bincount(one) for one in part_sizes])
    offsets = to_offsets(np.repeat(np.arange(len(sizes)), sizes))
    items, counts = np.empty(offsets[-1], np.int32), np.empty(len(offsets) - 1, np.int64)
    first, width = 0, int(new_codes.max(initial=0)) + 1
    for size in range(1, len(sizes)):
        chosen = [np.flatnonzero(one == size).astype(np.int32) for one in part_sizes]
        scratch = np.empty(size, np.int32)
        rows = np.concatenate(
            [
                spell_nodes(parents, names, nodes, new_codes, scratch)
                for (parents, names, _), nodes in zip(parts, chosen, strict=True)
            ]
        )
        order = order_rows(rows, size, width)
        last = first + len(order)
        take_rows(rows, order, items[offsets[first] : offsets[last]])
        found = [counted[nodes] for (_, _, counted), nodes in zip(parts, chosen, strict=True)]
        counts[first:last] = np.concatenate(found)[order]
        first = last
    return Itemsets(items, offsets, counts)


def _summed(histograms: Sequence[Int64s]) -> Int64s:
    """Return the sum of histograms of different lengths."""
    total = np.zeros(max(map(len, histograms)), np.int64)
    for histogram in histograms:
        total[: len(histogram)] += histogram
    return total
