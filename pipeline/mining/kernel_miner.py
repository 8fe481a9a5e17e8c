"""Mine with our compiled kernels: baskets to a trie, the trie to itemsets."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, cast

import numpy as np
import numpy.typing as npt

from pipeline.errors import DataError
from pipeline.mining.baskets import Baskets, Int32s, Int64s, to_offsets
from pipeline.mining.itemsets import NO_LIMIT, Algorithm, Itemsets, TooManyItemsetsError
from pipeline.mining.threads import in_threads, parts_of_items

LARGEST_PLACE = 2**32 - 1
BLOCK_BYTES = 64 * 2**20
"""What Apriori may take for the bits of all items; larger data are counted in blocks."""
ROOM = 2**24
"""Itemsets that fit before arrays grow, over all parts; pages that stay unused cost nothing."""

Nodes = tuple[npt.NDArray[np.uint8], Int32s, npt.NDArray[np.uint32]]
"""A trie in depth-first order: number of items, last item and count of each itemset, 9 bytes.

An itemset stands before those that were grown from it: its other items are the last ones of the
nearest smaller itemsets before it. Counts fit, for there are fewer baskets than places; numbers of
items fit, for all subsets of an itemset stand there too."""


class Slots(NamedTuple):
    """Baskets as kernels walk them (`kernels/slots.py`), and the number of baskets of each item."""

    slots: Int32s
    places: npt.NDArray[np.uint32]
    starts: Int64s
    item_counts: Int64s


class Limits(NamedTuple):
    """Smallest number of baskets, most items of an itemset, and most itemsets."""

    min_count: int
    max_size: int
    most: int = NO_LIMIT


def mine(baskets: Baskets, limits: Limits, algorithm: Algorithm, threads: int) -> Itemsets:
    """Find the frequent itemsets, in order.

    Args:
        baskets: Baskets of any items.
        limits: What an itemset must reach, and how many there may be.
        algorithm: Pattern growth, or level by level.
        threads: Threads of pattern growth: each takes some of the items and finds the itemsets
            whose rarest item is one of these. Levels are mined by one.

    Raises:
        TooManyItemsetsError: There are more itemsets than the limit; the search has given up.
        DataError: The places of items in baskets cannot be numbered.
    """
    rows, item_codes = arrange(baskets, limits.min_count)
    return to_itemsets(mine_nodes(rows, limits, algorithm, threads), item_codes)


def arrange(baskets: Baskets, min_count: int) -> tuple[Slots, Int32s]:
    """Put baskets in slots, frequent items numbered by falling count, ties by code.

    Returns:
        The slots, and the code of each number.

    Raises:
        DataError: The places cannot be numbered.
    """
    from pipeline.mining.kernels.slots import arrange_baskets

    counts = baskets.item_counts
    frequent = np.flatnonzero(counts >= min_count)
    frequent = frequent[np.argsort(-counts[frequent], kind="stable")]
    numbers = np.full(len(counts), -1, dtype=np.int32)
    numbers[frequent] = np.arange(len(frequent))
    line_count = int(counts[frequent].sum())
    if line_count + baskets.basket_count > LARGEST_PLACE:
        message = f"more than {LARGEST_PLACE:,} lines and baskets of frequent items"
        raise DataError(message)
    arranged = arrange_baskets(
        baskets.item_codes, baskets.basket_offsets, numbers, len(frequent), line_count
    )
    return Slots(*arranged, counts[frequent]), frequent.astype(np.int32)


def mine_nodes(rows: Slots, limits: Limits, algorithm: Algorithm, threads: int) -> list[Nodes]:
    """Find the same as `mine`, as tries: one for each part of the items."""
    if algorithm == "apriori":
        return [_mine_levels(rows, limits)]
    return _grow_patterns(rows, limits, threads)


def _mine_levels(rows: Slots, limits: Limits) -> Nodes:
    from pipeline.mining.kernels.apriori import mine_levels

    row_count = len(rows.slots) - len(rows.places)
    *nodes, count = mine_levels(*rows, (*limits, row_count, BLOCK_BYTES))
    _check_count([count], limits)
    return cast("Nodes", tuple(nodes))


def _grow_patterns(rows: Slots, limits: Limits, threads: int) -> list[Nodes]:
    from pipeline.mining.kernels.fpgrowth import mine_items

    parts = parts_of_items(rows.starts, threads)
    room = ROOM // len(parts)
    found: list[int] = []

    def mine_part(part: tuple[int, int]) -> Nodes:
        # NumPy asks for large pages: to fill these takes a third of the time.
        trie = np.empty(room, np.uint8), np.empty(room, np.int32), np.empty(room, np.uint32)
        *nodes, count = mine_items((*rows,), (*part, *limits), trie)
        found.append(count)
        _check_count(found, limits)
        return cast("Nodes", tuple(nodes))

    return in_threads(mine_part, parts, threads)


def _check_count(found: list[int], limits: Limits) -> None:
    if sum(found) > limits.most:
        raise TooManyItemsetsError(limits.most)


def to_itemsets(parts: Sequence[Nodes], new_codes: Int32s) -> Itemsets:
    """Spell the nodes of several tries out as itemsets in order, one size at a time.

    Args:
        parts: The tries.
        new_codes: New code of each of their items.
    """
    from pipeline.mining.kernels.ordering import take_rows

    sizes = _summed([np.bincount(sizes) for sizes, _, _ in parts])
    offsets = to_offsets(np.repeat(np.arange(len(sizes)), sizes))
    items, counts = np.empty(offsets[-1], np.int32), np.empty(len(offsets) - 1, np.int64)
    first = 0
    for level in levels_of(parts, new_codes):
        last = first + len(level.order)
        take_rows(level.items, level.order, items[offsets[first] : offsets[last]])
        counts[first:last] = level.counts[level.order]
        first = last
    return Itemsets(items, offsets, counts)


class Level(NamedTuple):
    """Itemsets of one size: their items, one itemset after the other, counts, and their order."""

    items: Int32s
    counts: Int64s
    order: Int32s


def levels_of(parts: Sequence[Nodes], new_codes: Int32s) -> Iterator[Level]:
    """Yield the itemsets of several tries, one size after the other.

    Args:
        parts: The tries.
        new_codes: New code of each of their items.
    """
    from pipeline.mining.kernels.ordering import order_rows, spell_sets

    largest = max((int(sizes.max(initial=0)) for sizes, _, _ in parts), default=0)
    width = int(new_codes.max(initial=0)) + 1
    for size in range(1, largest + 1):
        chosen = [sizes == size for sizes, _, _ in parts]
        spelled = [
            spell_sets(sizes, items, new_codes, size, int(is_chosen.sum()))
            for (sizes, items, _), is_chosen in zip(parts, chosen, strict=True)
        ]
        items = spelled[0] if len(spelled) == 1 else np.concatenate(spelled)
        found = [counts[is_chosen] for (_, _, counts), is_chosen in zip(parts, chosen, strict=True)]
        del spelled, chosen
        counts = np.concatenate(found).astype(np.int64)
        yield Level(items, counts, order_rows(items, size, width))


def _summed(histograms: Sequence[Int64s]) -> Int64s:
    """Return the sum of histograms of different lengths."""
    total = np.zeros(max(map(len, histograms)), np.int64)
    for histogram in histograms:
        total[: len(histogram)] += histogram
    return total
