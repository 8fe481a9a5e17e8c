"""Frequent itemsets level by level: candidates from the level before, then one count of all.

In plain words: pairs are counted in one array for each item. From the itemsets of one size come
the candidates of the next: two itemsets that differ in their last item make one, and it stays a
candidate only if each of its subsets with one item less is frequent. To count them, rows are bits
of words: candidates with the same beginning share the rows that hold the beginning, as a list of
words that are not zero, and each candidate counts the bits that its last item has in common.
Large data are counted in blocks of rows, so that the bits of all items stay in bounds.

Memory: what the caller allows for the bits, two levels of candidates, and 32 bytes for every
itemset found. Time: for each candidate the words, or the rows if fewer, that hold its beginning.

Source:
    Agrawal and Srikant, Fast Algorithms for Mining Association Rules, VLDB 1994 (candidates,
    pruning); Zaki et al., New Algorithms for Fast Discovery of Association Rules, KDD 1997
    (vertical counting by groups of equal beginnings).
"""

from typing import NamedTuple

import numpy as np

from pipeline.mining.baskets import Int32s, Int64s
from pipeline.mining.kernels.bits import WORD, Words, popcount, set_bits
from pipeline.mining.kernels.compiled import entry, inner
from pipeline.mining.kernels.growing import longer32, longer64
from pipeline.mining.kernels.occurrences import (
    Rows,
    Scratch,
    Visit,
    count_prefixes,
    list_frequent,
)
from pipeline.mining.kernels.trie import Trie, roomy


class Levels(NamedTuple):
    """Itemsets found so far, each with its children: these stand together, items ascending."""

    trie: Trie
    first_children: Int64s
    last_children: Int64s


class Candidates(NamedTuple):
    """Candidates of one level: those below node `first + g` are `begins[g]` to `begins[g + 1]`."""

    begins: Int64s
    items: Int32s
    counts: Int64s


class Beginnings(NamedTuple):
    """For each depth the itemset in hand: its node, and the words of its rows that are not 0."""

    nodes: Int64s
    used: Int64s
    places: Int32s
    words: Words


@inner
def _with_room(levels: Levels, used: int, wanted: int) -> Levels:
    """Return the levels with room for so many itemsets."""
    if wanted <= len(levels.trie.counts):
        return levels
    trie = roomy(levels.trie, used, wanted)
    first = longer64(levels.first_children, used, len(trie.counts))
    last = longer64(levels.last_children, used, len(trie.counts))
    return Levels(trie, first, last)


@inner
def _add(levels: Levels, used: int, parent: int, item: int, count: int) -> None:
    """Write an itemset that has no children yet."""
    levels.trie.parents[used], levels.trie.items[used] = parent, item
    levels.trie.counts[used] = count
    levels.first_children[used] = levels.last_children[used] = 0


@inner
def _child(levels: Levels, node: int, item: int) -> int:
    """Return the child of a node with an item; there is one."""
    low, high = int(levels.first_children[node]), int(levels.last_children[node])
    while high - low > 1:
        middle = (low + high) // 2
        if levels.trie.items[middle] <= item:
            low = middle
        else:
            high = middle
    return low


@inner
def _list_candidates(
    levels: Levels, level: tuple[int, int], drops: Int32s, hits: Int32s
) -> Candidates:
    """Join every itemset of a level with its smaller siblings and prune.

    `drops` holds for each itemset of the level the itemsets without one of its items, the last
    one left out; a candidate must extend all of them.
    """
    first, last = level
    size = len(drops) // (last - first)
    begins, candidates, used = np.zeros(last - first + 1, np.int64), np.empty(256, np.int32), 0
    trie = levels.trie
    for node in range(first, last):
        item, sibling = trie.items[node], levels.first_children[trie.parents[node]]
        for drop in drops[(node - first) * size : (node - first + 1) * size]:
            child, end = levels.first_children[drop], levels.last_children[drop]
            while child < end and trie.items[child] < item:
                hits[trie.items[child]] += 1
                child += 1
        if used + node - sibling > len(candidates):
            candidates = longer32(candidates, used, used + node - sibling)
        for other in range(sibling, node):
            if hits[trie.items[other]] == size:
                candidates[used] = trie.items[other]
                used += 1
        for drop in drops[(node - first) * size : (node - first + 1) * size]:
            child, end = levels.first_children[drop], levels.last_children[drop]
            while child < end and trie.items[child] < item:
                hits[trie.items[child]] = 0
                child += 1
        begins[node - first + 1] = used
    return Candidates(begins, candidates, np.zeros(used, np.int64))


@inner
def _begin(trie: Trie, node: int, size: int, bits: Words, words: int, stack: Beginnings) -> None:
    """Put the rows of an itemset on the stack, from the first item that is not there yet."""
    place, ancestor = size - 1, node
    while place >= 0 and stack.nodes[place] != ancestor:
        stack.nodes[place] = ancestor
        place, ancestor = place - 1, trie.parents[ancestor]
    for depth in range(place + 1, size):
        row = trie.items[stack.nodes[depth]] * words
        source, target, used = (depth - 1) * words, depth * words, 0
        count = words if depth == 0 else stack.used[depth - 1]
        for number in range(count):
            word = number if depth == 0 else stack.places[source + number]
            common = bits[row + word]
            if depth > 0:
                common &= stack.words[source + number]
            if common != 0:
                stack.places[target + used] = word
                stack.words[target + used] = common
                used += 1
        stack.used[depth] = used


@inner
def _count_item(item: int, depth: int, bits: Words, words: int, stack: Beginnings) -> int:
    """Count the rows of the beginning in hand that hold an item too."""
    row, base, count = item * words, depth * words, 0
    if stack.used[depth] == words:
        for word in range(words):
            count += popcount(stack.words[base + word] & bits[row + word])
        return count
    for place in range(base, base + stack.used[depth]):
        count += popcount(stack.words[place] & bits[row + stack.places[place]])
    return count


@inner
def _count(
    rows: Rows, trie: Trie, level: tuple[int, int], candidates: Candidates, block: tuple[int, int]
) -> None:
    """Count all candidates below the itemsets of a level, block by block of rows.

    `level` is its first node and the size of its itemsets, `block` the number of items and how
    many bytes their bits may take.
    """
    first, size = level
    width, block_bytes = block
    row_count = len(rows.begins) - 1
    words = max(1, min((row_count + WORD - 1) // WORD, block_bytes // (8 * width)))
    bits = np.empty(width * words, np.uint64)
    stack = Beginnings(
        np.empty(size, np.int64),
        np.empty(size, np.int64),
        np.empty(size * words, np.int32),
        np.empty(size * words, np.uint64),
    )
    begins = candidates.begins
    for start in range(0, row_count, words * WORD):
        block_end = min(row_count, start + words * WORD)
        set_bits(rows.items, rows.begins, (start, block_end), words, bits)
        for depth in range(size):
            stack.nodes[depth] = -1
        for group in range(len(begins) - 1):
            if begins[group] == begins[group + 1]:
                continue
            _begin(trie, first + group, size, bits, words, stack)
            for number in range(begins[group], begins[group + 1]):
                item = candidates.items[number]
                candidates.counts[number] += _count_item(item, size - 1, bits, words, stack)


@inner
def _keep(
    levels: Levels, level: tuple[int, int], candidates: Candidates, min_count: int, drops: Int32s
) -> tuple[Levels, Int32s, int]:
    """Add the frequent candidates as the next level, with their own drops."""
    first, used = level
    size = len(drops) // (used - first)
    found = 0
    for count in candidates.counts:
        found += count >= min_count
    levels = _with_room(levels, used, used + found)
    next_drops, place = np.empty(found * (size + 1), np.int32), 0
    for node in range(first, level[1]):
        levels.first_children[node] = used
        group = node - first
        for number in range(candidates.begins[group], candidates.begins[group + 1]):
            if candidates.counts[number] < min_count:
                continue
            item = candidates.items[number]
            _add(levels, used, node, item, candidates.counts[number])
            used += 1
            for drop in drops[group * size : (group + 1) * size]:
                next_drops[place] = _child(levels, drop, item)
                place += 1
            next_drops[place] = _child(levels, levels.trie.parents[node], item)
            place += 1
        levels.last_children[node] = used
    return levels, next_drops, used


@inner
def _add_pairs(rows: Rows, starts: Int64s, min_count: int, levels: Levels) -> tuple[Levels, int]:
    """Count the pairs of each item and add those that are frequent."""
    width = len(starts) - 1
    scratch = Scratch(
        np.zeros(width, np.int64),
        np.zeros(width, np.int32) - np.int32(1),
        np.empty(width, np.int32),
        np.empty(0, np.int64),
        np.empty(0, np.int32),
    )
    used = width
    for item in range(width):
        visit = Visit(item, starts[item], starts[item + 1])
        walked = count_prefixes(rows, visit, scratch.counts)
        found = list_frequent(rows, visit, walked, min_count, scratch)
        levels = _with_room(levels, used, used + found)
        levels.first_children[item] = used
        for place in range(found):
            other = scratch.frequent[place]
            _add(levels, used, item, other, scratch.counts[other])
            used += 1
        levels.last_children[item] = used
        for other in range(item):
            scratch.counts[other] = 0
    return levels, used


@entry(
    "Tuple((int32[::1], int32[::1], int64[::1]))"
    "(int32[::1], int64[::1], int32[::1], int64[::1], int64[::1], UniTuple(int64, 4))"
)
def mine_levels(
    items: Int32s,
    begins: Int64s,
    occurrences: Int32s,
    occurrence_begins: Int64s,
    item_counts: Int64s,
    limits: tuple[int, int, int, int],
) -> tuple[Int32s, Int32s, Int64s]:
    """Find the frequent itemsets.

    Args:
        items: Items of all rows, ascending inside a row, 0 for the most frequent.
        begins: Start of each row, and the end of the last.
        occurrences: Rows of each item, item by item.
        occurrence_begins: Start of each item's occurrences, and the end of the last.
        item_counts: Number of baskets of each item; all are frequent.
        limits: Smallest count, largest size, most itemsets (no level follows one that has more),
            bytes that the bits of all items may take.

    Returns:
        The columns of a trie.
    """
    min_count, max_size, most, block_bytes = limits
    width = len(item_counts)
    rows = Rows(items, begins, np.ones(len(begins), np.int64), occurrences)
    trie = Trie(np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.int64))
    levels = _with_room(Levels(trie, np.empty(0, np.int64), np.empty(0, np.int64)), 0, width)
    for item in range(width):
        _add(levels, item, -1, item, item_counts[item])
    first, used, size = width, width, 2
    if max_size > 1:
        levels, used = _add_pairs(rows, occurrence_begins, min_count, levels)
    drops = np.empty(used - first, np.int32)
    for node in range(first, used):
        drops[node - first] = levels.trie.items[node]
    hits = np.zeros(width, np.int32)
    while first < used <= most and size < max_size:
        candidates = _list_candidates(levels, (first, used), drops, hits)
        _count(rows, levels.trie, (first, size), candidates, (width, block_bytes))
        levels, drops, end = _keep(levels, (first, used), candidates, min_count, drops)
        first, used, size = used, end, size + 1
    return levels.trie.parents[:used], levels.trie.items[:used], levels.trie.counts[:used]
