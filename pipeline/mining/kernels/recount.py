"""Count given itemsets in given baskets.

In plain words: baskets are bits of words, one row of words for each item. The trie of itemsets is
walked depth first; on the way down each itemset keeps the words that are not zero of the baskets
that hold it, so the deeper, the fewer. An itemset without larger ones is only counted. Large data
are counted in blocks of baskets.

Memory: what the caller allows for the bits, and 12 bytes a word for each depth of the trie.
Time: for each itemset the words, or the baskets if fewer, that hold its beginning.

Source:
    Zaki et al., New Algorithms for Fast Discovery of Association Rules, KDD 1997 (vertical).
"""

from typing import NamedTuple

import numpy as np

from pipeline.mining.baskets import Int32s, Int64s
from pipeline.mining.kernels.bits import WORD, Words, popcount, set_bits
from pipeline.mining.kernels.compiled import entry, inlined


class Held(NamedTuple):
    """For each depth the words that are not 0 of the baskets with the itemset in hand."""

    words: Words
    places: Int32s


@inlined
def _narrow(held: Held, source: int, count: int, target: int, bits: Words, item_at: int) -> int:
    """Write what the words of a depth and an item have in common; return how many words."""
    used = target
    for number in range(source, source + count):
        place = held.places[number]
        common = held.words[number] & bits[item_at + place]
        if common != 0:
            held.words[used], held.places[used] = common, place
            used += 1
    return used - target


@inlined
def _common_count(held: Held, source: int, count: int, bits: Words, item_at: int) -> int:
    """Count the bits that the words of a depth and an item have in common."""
    total = 0
    for number in range(source, source + count):
        total += popcount(held.words[number] & bits[item_at + held.places[number]])
    return total


@entry(
    "void(Tuple((int64[::1], int32[::1])), int32[::1], int64[::1], int64, uint64[::1],"
    " Tuple((uint64[::1], int32[::1])), UniTuple(int64[::1], 3), int64[::1])"
)
def _count(
    trie: tuple[Int64s, Int32s],
    items: Int32s,
    begins: Int64s,
    words: int,
    bits: Words,
    room: tuple[Words, Int32s],
    path: tuple[Int64s, Int64s, Int64s],
    counts: Int64s,
) -> None:
    """Do the work of `count_itemsets`.

    Args:
        trie: Columns of `Levels`.
        items: As in `count_itemsets`.
        begins: The same.
        words: Words of a block of baskets.
        bits: Room for those of each item.
        room: Fields of `Held`, for so many words at each depth.
        path: Room for a number of each depth: next child, end of the children, words that are held.
        counts: Takes the number of baskets of each node.
    """
    starts, lasts = trie
    held, basket_count = Held(*room), len(begins) - 1
    nexts, stops, used = path
    for first in range(0, basket_count, words * WORD):
        last = min(basket_count, first + words * WORD)
        set_bits(items, begins, (first, last), words, bits)
        for place in range(words):
            held.words[place], held.places[place] = ~np.uint64(0), place
        depth, nexts[0], stops[0], used[0] = 0, starts[0], starts[1], words
        while depth >= 0:
            node = nexts[depth]
            if node == stops[depth]:
                depth -= 1
                continue
            nexts[depth] += 1
            source, item_at = depth * words, lasts[node] * words
            counts[node] += _common_count(held, source, used[depth], bits, item_at)
            if starts[node] == starts[node + 1]:
                continue
            target = source + words
            used[depth + 1] = _narrow(held, source, used[depth], target, bits, item_at)
            depth += 1
            nexts[depth], stops[depth] = starts[node], starts[node + 1]


def count_itemsets(
    starts: Int64s, lasts: Int32s, items: Int32s, begins: Int64s, limits: tuple[int, int, int]
) -> Int64s:
    """Return the number of baskets of each itemset, by row.

    Args:
        starts: As `link_levels` returns them.
        lasts: The same.
        items: Items of all baskets.
        begins: Start of each basket, and the end of the last.
        limits: Number of items, size of the largest itemset, bytes for the bits of all items.
    """
    width, depths, block_bytes = limits
    basket_count = len(begins) - 1
    words = max(1, min((basket_count + WORD - 1) // WORD, block_bytes // (8 * max(1, width))))
    bits, counts = np.empty(width * words, np.uint64), np.zeros(len(lasts), np.int64)
    held = np.empty((depths + 1) * words, np.uint64), np.empty((depths + 1) * words, np.int32)
    path = np.empty((3, depths + 1), np.int64)
    _count((starts, lasts), items, begins, words, bits, held, (*path,), counts)
    return counts[1:]
