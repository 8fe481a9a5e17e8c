"""Frequent itemsets level by level: candidates from the level before, then one count of all.

In plain words: pairs are counted in one array for each item. From the itemsets of one size come
the candidates of the next: two itemsets that differ in their last item make one, and it stays a
candidate only if each of its subsets with one item less is frequent. To count them, rows are bits
of words: candidates with the same beginning share the rows that hold the beginning, as a list of
words that are not zero, and each candidate counts the bits that its last item has in common.
Large data are counted in blocks of rows, so that the bits of all items stay in bounds.

An item that changes no count of an itemset ("perfect extension") makes no larger one: it is kept
apart, and in the end all itemsets below that one are copied with the item added. Where a subset
of a candidate is looked up, such items are passed over, for with or without them the count is
the same. With a largest size that itemsets may reach none are kept apart.

Memory: what the caller allows for the bits, two levels of candidates, 40 bytes for every itemset
found before copies, and 9 for every one in the end. Time: for each candidate the words, or the
rows if fewer, that hold its beginning; and the itemsets written.

Source:
    Agrawal and Srikant, Fast Algorithms for Mining Association Rules, VLDB 1994 (candidates,
    pruning); Zaki et al., New Algorithms for Fast Discovery of Association Rules, KDD 1997
    (vertical counting by groups of equal beginnings); Borgelt, Frequent Item Set Mining, 2012
    (perfect extensions).
"""

from typing import NamedTuple

import numpy as np

from pipeline.mining.baskets import Int32s, Int64s
from pipeline.mining.kernels.bits import WORD, Words, popcount
from pipeline.mining.kernels.compiled import entry, inner
from pipeline.mining.kernels.fpgrowth import Counts, Sizes, copy_with
from pipeline.mining.kernels.growing import longer32, longer64
from pipeline.mining.kernels.partners import count_of, find_partners, item_of
from pipeline.mining.kernels.slots import Places, sort_items

COUNT_BITS = 32


class Nodes(NamedTuple):
    """Itemsets found so far: a trie, level by level.

    The children of node `n` stand from `starts[n]` to `starts[n + 1]`, items ascending, and the
    items that leave its count as it is from `perfect_starts[n]` to `perfect_starts[n + 1]`.
    """

    parents: Int32s
    items: Int32s
    counts: Int64s
    starts: Int64s
    perfect_starts: Int64s
    perfect: Int32s


class Candidates(NamedTuple):
    """Candidates of one level: those below node `first + g` are `begins[g]` to `begins[g + 1]`."""

    begins: Int64s
    items: Int32s
    counts: Int64s


@inner
def _with_room(nodes: Nodes, used: int, wanted: int, level: int) -> Nodes:
    """Return the nodes with room for so many, as many more perfect items, from a level on."""
    perfect, perfect_used = nodes.perfect, nodes.perfect_starts[level]
    if perfect_used + wanted - used > len(perfect):
        perfect = longer32(perfect, perfect_used, perfect_used + wanted - used)
    if wanted <= len(nodes.parents):  # there is one start more
        return Nodes(
            nodes.parents, nodes.items, nodes.counts, nodes.starts, nodes.perfect_starts, perfect
        )
    return Nodes(
        longer32(nodes.parents, used, wanted),
        longer32(nodes.items, used, wanted),
        longer64(nodes.counts, used, wanted),
        longer64(nodes.starts, used + 1, wanted + 1),
        longer64(nodes.perfect_starts, used + 1, wanted + 1),
        perfect,
    )


@inner
def _add_hits(nodes: Nodes, drop: int, item: int, step: int, hits: Int32s) -> None:
    """Add to the hits of each item with which a set is frequent: children and perfect items."""
    starts, items, parents = nodes.starts, nodes.items, nodes.parents
    perfect_starts, perfect = nodes.perfect_starts, nodes.perfect
    child = starts[drop]
    while child < starts[drop + 1] and items[child] < item:
        hits[items[child]] += step
        child += 1
    while drop >= 0:
        for place in range(perfect_starts[drop], perfect_starts[drop + 1]):
            hits[perfect[place]] += step
        drop = int(parents[drop])


@inner
def _list_candidates(
    nodes: Nodes, level: tuple[int, int], drops: Int32s, hits: Int32s
) -> Candidates:
    """Join every itemset of a level with its smaller siblings and prune.

    `drops` holds for each itemset of the level the itemsets without one of its items, the last
    one left out; a candidate must extend all of them.
    """
    first, last = level
    size = len(drops) // (last - first)
    begins, candidates, used = np.zeros(last - first + 1, np.int64), np.empty(256, np.int32), 0
    starts, items = nodes.starts, nodes.items
    for node in range(first, last):
        item, parent, base = items[node], nodes.parents[node], (node - first) * size
        sibling = starts[parent]
        if sibling < node:
            for place in range(base, base + size):
                _add_hits(nodes, int(drops[place]), item, 1, hits)
            if used + node - sibling > len(candidates):
                candidates = longer32(candidates, used, used + node - sibling)
            for other in range(sibling, node):
                if hits[items[other]] == size:
                    candidates[used] = items[other]
                    used += 1
            for place in range(base, base + size):
                _add_hits(nodes, int(drops[place]), item, -1, hits)
        begins[node - first + 1] = used
    return Candidates(begins, candidates, np.zeros(used, np.int64))


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
def _count(
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
    bits, place = np.empty(width * words, np.uint64), 0
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


@inner
def _child(nodes: Nodes, node: int, item: int) -> int:
    """Return the child of a node with an item, else the node: the item changes nothing there."""
    items = nodes.items
    low, high = nodes.starts[node], nodes.starts[node + 1]
    end = high
    while low < high:
        middle = (low + high) >> 1
        if items[middle] < item:
            low = middle + 1
        else:
            high = middle
    return low if low < end and items[low] == item else node


@inner
def _keep(
    nodes: Nodes,
    level: tuple[int, int],
    candidates: Candidates,
    limits: tuple[int, bool],
    drops: Int32s,
) -> tuple[Nodes, Int32s, int]:
    """Add the frequent candidates as the next level, with their own drops.

    `limits` is the smallest count, and whether items that change no count are kept apart.
    """
    first, used = level
    min_count, is_apart = limits
    size, found = len(drops) // (used - first), 0
    for count in candidates.counts:
        found += count >= min_count
    nodes = _with_room(nodes, used, used + found, first)
    next_drops, place = np.empty(found * (size + 1), np.int32), 0
    perfect_used = nodes.perfect_starts[first]
    for node in range(first, level[1]):
        base = (node - first) * size
        for number in range(candidates.begins[node - first], candidates.begins[node - first + 1]):
            count, item = candidates.counts[number], candidates.items[number]
            if count < min_count:
                continue
            if is_apart and count == nodes.counts[node]:
                nodes.perfect[perfect_used] = item
                perfect_used += 1
                continue
            nodes.parents[used], nodes.items[used], nodes.counts[used] = node, item, count
            used += 1
            for at in range(base, base + size):
                next_drops[place] = _child(nodes, int(drops[at]), item)
                place += 1
            next_drops[place] = _child(nodes, int(nodes.parents[node]), item)
            place += 1
        nodes.starts[node + 1], nodes.perfect_starts[node + 1] = used, perfect_used
    return nodes, next_drops[:place], used


@inner
def _add_pairs(
    slots: Int32s,
    places: Places,
    starts: Int64s,
    limits: tuple[int, bool],
    nodes: Nodes,
) -> tuple[Nodes, int]:
    """Count the pairs of each item and add those that are frequent."""
    width = len(starts) - 1
    min_count, is_apart = limits
    sums, keys, used = np.zeros(width, np.int64), np.empty(width, np.int64), width
    for item in range(width):
        span, perfect_used = (starts[item], starts[item + 1]), nodes.perfect_starts[item]
        found = find_partners(slots, places, span, (item, min_count), sums, keys)
        nodes = _with_room(nodes, used, used + found, item)
        for place in range(found):
            keys[place] = item_of(keys[place]) << COUNT_BITS | count_of(keys[place])
        sort_items(keys[:found])
        for place in range(found):
            other, count = keys[place] >> COUNT_BITS, keys[place] & ((1 << COUNT_BITS) - 1)
            if is_apart and count == nodes.counts[item]:
                nodes.perfect[perfect_used] = other
                perfect_used += 1
            else:
                nodes.parents[used], nodes.items[used], nodes.counts[used] = item, other, count
                used += 1
        nodes.starts[item + 1], nodes.perfect_starts[item + 1] = used, perfect_used
    return nodes, used


@inner
def _sizes_of_subtrees(nodes: Nodes, last_level: int, used: int, most: int) -> Int64s:
    """Return how many itemsets each node stands for, or some number above the most.

    These are the set, its larger ones, and all of them with items that change no count.
    """
    sizes = np.empty(used, np.int64)
    for node in range(used - 1, -1, -1):
        size = 1
        if node < last_level:
            for child in range(nodes.starts[node], nodes.starts[node + 1]):
                size = min(size + sizes[child], most + 1)
            for _ in range(nodes.perfect_starts[node], nodes.perfect_starts[node + 1]):
                size = min(2 * size, most + 1)
        sizes[node] = size
    return sizes


@inner
def _in_depth_order(
    nodes: Nodes, last_level: int, total: int, depths: int
) -> tuple[Sizes, Int32s, Counts]:
    """Return all itemsets in depth-first order; nodes of the last level have no larger ones."""
    sizes, items = np.empty(total, np.uint8), np.empty(total, np.int32)
    counts, used = np.empty(total, np.uint32), 0
    perfect_starts, perfect = nodes.perfect_starts, nodes.perfect
    nexts, stops = np.empty(depths + 1, np.int64), np.empty(depths + 1, np.int64)
    begins = np.empty(depths + 1, np.int64)
    nexts[0], stops[0], depth = 0, nodes.starts[0], 0
    while depth >= 0:
        node = nexts[depth]
        if node < stops[depth]:
            nexts[depth], begins[depth] = node + 1, used
            sizes[used], items[used], counts[used] = (
                depth + 1,
                nodes.items[node],
                nodes.counts[node],
            )
            used += 1
            if node < last_level:
                depth += 1
                nexts[depth], stops[depth] = nodes.starts[node], nodes.starts[node + 1]
            continue
        depth -= 1
        if depth < 0:
            break
        node, begin = nexts[depth] - 1, begins[depth]
        for place in range(perfect_starts[node], perfect_starts[node + 1]):
            copy_with(sizes, items, counts, (begin, used), perfect[place])
            used += used - begin
    return sizes, items, counts


@entry(
    "Tuple((uint8[::1], int32[::1], uint32[::1], int64))"
    "(int32[::1], uint32[::1], int64[::1], int64[::1], UniTuple(int64, 5))"
)
def mine_levels(
    slots: Int32s,
    places: Places,
    item_starts: Int64s,
    item_counts: Int64s,
    limits: tuple[int, int, int, int, int],
) -> tuple[Sizes, Int32s, Counts, int]:
    """Find the frequent itemsets.

    Args:
        slots: As `arrange_baskets` returns them.
        places: The same.
        item_starts: The same.
        item_counts: Number of baskets of each item; all are frequent.
        limits: Smallest count, largest size, most itemsets (no level follows one that has more),
            number of rows in the slots, and bytes that the bits of all items may take.

    Returns:
        The columns of a trie, and how many itemsets there are, or some number above the most:
        then the columns are empty.
    """
    min_count, max_size, most, row_count, block_bytes = limits
    width = len(item_counts)
    words = max(1, min((row_count + WORD - 1) // WORD, block_bytes // (8 * max(width, 1))))
    nodes = Nodes(
        np.empty(width, np.int32),
        np.empty(width, np.int32),
        np.empty(width, np.int64),
        np.empty(width + 1, np.int64),
        np.zeros(width + 1, np.int64),
        np.empty(width, np.int32),
    )
    for item in range(width):
        nodes.parents[item], nodes.items[item], nodes.counts[item] = -1, item, item_counts[item]
        nodes.starts[item] = width
    nodes.starts[width] = width
    first, used, size = width, width, 2
    kept = (min_count, max_size >= width)  # else a copy might be too large
    if max_size > 1:
        nodes, used = _add_pairs(slots, places, item_starts, kept, nodes)
    drops = np.empty(used - first, np.int32)
    for node in range(first, used):
        drops[node - first] = nodes.items[node]
    hits = np.zeros(width, np.int32)
    while first < used <= most and size < max_size:
        candidates = _list_candidates(nodes, (first, used), drops, hits)
        _count(slots, nodes, (first, size), candidates, words, width)
        nodes, drops, end = _keep(nodes, (first, used), candidates, kept, drops)
        first, used, size = used, end, size + 1
    total = 0
    for number in _sizes_of_subtrees(nodes, first, used, most)[:width]:
        total = min(total + number, most + 1)
    if total > most:
        return np.empty(0, np.uint8), np.empty(0, np.int32), np.empty(0, np.uint32), total
    sizes, items, counts = _in_depth_order(nodes, first, total, size)
    return sizes, items, counts, total
