"""Counts of Apriori's candidates: of each, the rows that its beginning and its last item share."""

from typing import NamedTuple

import numpy as np

from pipeline.mining.baskets import Int32s, Int64s
from pipeline.mining.kernels.bits import WORD, Words, popcount
from pipeline.mining.kernels.compiled import ZERO, inner
from pipeline.mining.kernels.level_nodes import Nodes


class Candidates(NamedTuple):
    """Candidates of one level: those below node `first + g` are `begins[g]` to `begins[g + 1]`."""

    begins: Int64s
    items: Int32s
    counts: Int64s


@inner
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


@inner
def count_candidates(
    slots: Int32s,
    nodes: Nodes,
    level: tuple[int, int],
    candidates: Candidates,
    words: int,
    width: int,
) -> None:
    """Count all candidates below the itemsets of a level, block by block of rows.

    `level` is its first node and the size of its itemsets; a block has so many words of rows.
    """
    bits, place = np.empty(width * words, np.uint64), ZERO
    while place < len(slots):
        place = _set_bits(slots, place, words * WORD, words, bits)
        _count_block(nodes.parents, nodes.items, level, candidates, bits, words)


@inner
def _count_block(
    parents: Int32s,
    items: Int32s,
    level: tuple[int, int],
    candidates: Candidates,
    bits: Words,
    words: int,
) -> None:
    """Add to the counts of the candidates those of a block of rows.

    For each depth the stack has an itemset, and the words of its rows that are not 0. One
    function with two steps: Numba counts references to the arrays of each call.
    """
    first, size = level
    begins, extensions, counts = candidates.begins, candidates.items, candidates.counts
    stack, used = np.zeros(size, np.int64) - 1, np.empty(size, np.int64)
    held_places, held_words = np.empty(size * words, np.int32), np.empty(size * words, np.uint64)
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
