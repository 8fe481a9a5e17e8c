"""Counts of Apriori's candidates: of each, the rows that its beginning and its last item share."""

from typing import NamedTuple

import numpy as np

from pipeline.mining.baskets import Int32s, Int64s
from pipeline.mining.kernels.bits import WORD, Words, popcount
from pipeline.mining.kernels.compiled import ZERO, entry, inlined
from pipeline.mining.kernels.level_nodes import Nodes


class Candidates(NamedTuple):
    """Candidates of one level: those below node `first + g` are `begins[g]` to `begins[g + 1]`."""

    begins: Int64s
    items: Int32s
    counts: Int64s


# For each depth an itemset, and how many words of its rows are not 0; their places; the words.
Scratch = tuple[Int64s, Int64s, Int32s, Words]


@inlined
def _set_bits(slots: Int32s, place: int, rows: int, words: int, bits: Words) -> int:
    """Write for each item which of the next rows hold it; return where the row after them is."""
    for number in range(len(bits)):
        bits[number] = 0
    row = -1
    while place < len(slots):
        item = slots[place]
        row += item < 0
        if row == rows:
            break
        if item >= 0:
            bits[item * words + row // WORD] |= np.uint64(1) << np.uint64(row % WORD)
        place += 1
    return place


@inlined
def _count_block(
    parents: Int32s,
    items: Int32s,
    level: tuple[int, int],
    candidates: Candidates,
    bits: Words,
    words: int,
    scratch: Scratch,
) -> None:
    """Add to the counts of the candidates those of a block of rows."""
    first, size = level
    begins, extensions, counts = candidates.begins, candidates.items, candidates.counts
    stack, used, held_places, held_words = scratch
    for depth in range(size):
        stack[depth] = -1
    for group in range(len(begins) - 1):
        if begins[group] == begins[group + 1]:
            continue
        # Put the rows of the itemset on the stack, from the first item that is not there yet.
        depth, node = size - 1, first + group
        while depth >= 0 and stack[depth] != node:
            stack[depth] = node
            depth, node = depth - 1, int(parents[node])
        for deeper in range(depth + 1, size):
            row, target = items[stack[deeper]] * words, deeper * words
            found = target
            held = used[deeper - 1] if deeper > 0 else 0
            for source in range(target - words, target - words + held):
                listed = np.int64(held_places[np.uint64(source)])
                common = bits[np.uint64(row + listed)] & held_words[np.uint64(source)]
                held_places[np.uint64(found)], held_words[np.uint64(found)] = listed, common
                found += common != 0
            for word in range(words if deeper == 0 else 0):
                common = bits[np.uint64(row + word)]
                held_places[np.uint64(found)], held_words[np.uint64(found)] = word, common
                found += common != 0
            used[deeper] = found - target
        # Count the rows that each item has in common with it.
        base = (size - 1) * words
        for number in range(begins[group], begins[group + 1]):
            row, count = extensions[number] * words, 0
            if used[size - 1] == words:
                for word in range(words):
                    common = held_words[np.uint64(base + word)] & bits[np.uint64(row + word)]
                    count += popcount(common)
            else:
                for place in range(base, base + used[size - 1]):
                    listed = np.int64(held_places[np.uint64(place)])
                    common = held_words[np.uint64(place)] & bits[np.uint64(row + listed)]
                    count += popcount(common)
            counts[number] += count


@entry(
    "void(int32[::1], int32[::1], int32[::1], UniTuple(int64, 2),"
    " Tuple((int64[::1], int32[::1], int64[::1])), int64, uint64[::1],"
    " Tuple((int64[::1], int64[::1], int32[::1], uint64[::1])))"
)
def _count(
    slots: Int32s,
    parents: Int32s,
    items: Int32s,
    level: tuple[int, int],
    columns: tuple[Int64s, Int32s, Int64s],
    words: int,
    bits: Words,
    scratch: Scratch,
) -> None:
    """Do the work of `count_candidates`."""
    candidates, place = Candidates(*columns), ZERO
    while place < len(slots):
        place = _set_bits(slots, place, words * WORD, words, bits)
        _count_block(parents, items, level, candidates, bits, words, scratch)


def count_candidates(
    slots: Int32s,
    nodes: Nodes,
    level: tuple[int, int],
    candidates: Candidates,
    bits: Words,
    words: int,
) -> None:
    """Count all candidates below the itemsets of a level, block by block of rows.

    Args:
        slots: As `arrange_baskets` returns them.
        nodes: All itemsets so far.
        level: The level's first node and the size of its itemsets.
        candidates: Take their counts, 0 before.
        bits: Scratch for the bits of all items.
        words: Words of an item in a block of rows.
    """
    size = level[1]
    scratch = (
        np.empty(size, np.int64),
        np.empty(size, np.int64),
        np.empty(size * words, np.int32),
        np.empty(size * words, np.uint64),
    )
    _count(slots, nodes.parents, nodes.items, level, (*candidates,), words, bits, scratch)
