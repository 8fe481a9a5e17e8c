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
from pipeline.mining.kernels.bits import WORD, Words, popcount
from pipeline.mining.kernels.compiled import entry, inner
from pipeline.mining.kernels.fpgrowth import Counts, Sizes
from pipeline.mining.kernels.growing import longer32, longer64
from pipeline.mining.kernels.partners import count_of, find_partners, item_of
from pipeline.mining.kernels.slots import Places, sort_items

COUNT_BITS = 32


class Nodes(NamedTuple):
    """Itemsets found so far: a trie, level by level.

    The children of node `n` stand from `starts[n]` to `starts[n + 1]`, items ascending.
    """

    parents: Int32s
    items: Int32s
    counts: Int64s
    starts: Int64s


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
def _with_room(nodes: Nodes, used: int, wanted: int) -> Nodes:
    """Return the nodes with room for so many."""
    if wanted <= len(nodes.parents):  # there is one start more
        return nodes
    return Nodes(
        longer32(nodes.parents, used, wanted),
        longer32(nodes.items, used, wanted),
        longer64(nodes.counts, used, wanted),
        longer64(nodes.starts, used + 1, wanted + 1),
    )


@inner
def _child(nodes: Nodes, node: int, item: int) -> int:
    """Return the child of a node with an item; there is one."""
    low, high = nodes.starts[node], nodes.starts[node + 1]
    while high - low > 1:
        middle = (low + high) >> 1
        if nodes.items[middle] <= item:
            low = middle
        else:
            high = middle
    return int(low)


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
        sibling = starts[parent] if parent >= 0 else 0
        for drop in drops[base : base + size]:
            child = starts[drop]
            while child < starts[drop + 1] and items[child] < item:
                hits[items[child]] += 1
                child += 1
        if used + node - sibling > len(candidates):
            candidates = longer32(candidates, used, used + node - sibling)
        for other in range(sibling, node):
            if hits[items[other]] == size:
                candidates[used] = items[other]
                used += 1
        for drop in drops[base : base + size]:
            child = starts[drop]
            while child < starts[drop + 1] and items[child] < item:
                hits[items[child]] = 0
                child += 1
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
def _begin(nodes: Nodes, node: int, size: int, bits: Words, words: int, stack: Beginnings) -> None:
    """Put the rows of an itemset on the stack, from the first item that is not there yet."""
    place, ancestor = size - 1, node
    while place >= 0 and stack.nodes[place] != ancestor:
        stack.nodes[place] = ancestor
        place, ancestor = place - 1, nodes.parents[ancestor]
    for depth in range(place + 1, size):
        row = nodes.items[stack.nodes[depth]] * words
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
    first, size = level
    bits = np.empty(width * words, np.uint64)
    stack = Beginnings(
        np.empty(size, np.int64),
        np.empty(size, np.int64),
        np.empty(size * words, np.int32),
        np.empty(size * words, np.uint64),
    )
    begins, place = candidates.begins, 0
    while place < len(slots):
        place = _set_bits(slots, place, words * WORD, words, bits)
        for depth in range(size):
            stack.nodes[depth] = -1
        for group in range(len(begins) - 1):
            if begins[group] == begins[group + 1]:
                continue
            _begin(nodes, first + group, size, bits, words, stack)
            for number in range(begins[group], begins[group + 1]):
                item = candidates.items[number]
                candidates.counts[number] += _count_item(item, size - 1, bits, words, stack)


@inner
def _keep(
    nodes: Nodes, level: tuple[int, int], candidates: Candidates, min_count: int, drops: Int32s
) -> tuple[Nodes, Int32s, int]:
    """Add the frequent candidates as the next level, with their own drops."""
    first, used = level
    size, found = len(drops) // (used - first), 0
    for count in candidates.counts:
        found += count >= min_count
    nodes = _with_room(nodes, used, used + found)
    next_drops, place = np.empty(found * (size + 1), np.int32), 0
    for node in range(first, level[1]):
        group = node - first
        for number in range(candidates.begins[group], candidates.begins[group + 1]):
            if candidates.counts[number] < min_count:
                continue
            item = candidates.items[number]
            nodes.parents[used], nodes.items[used] = node, item
            nodes.counts[used] = candidates.counts[number]
            used += 1
            for drop in drops[group * size : (group + 1) * size]:
                next_drops[place] = _child(nodes, drop, item)
                place += 1
            next_drops[place] = _child(nodes, nodes.parents[node], item)
            place += 1
        nodes.starts[node + 1] = used
    return nodes, next_drops, used


@inner
def _add_pairs(
    slots: Int32s, places: Places, starts: Int64s, min_count: int, nodes: Nodes
) -> tuple[Nodes, int]:
    """Count the pairs of each item and add those that are frequent."""
    width = len(starts) - 1
    sums, keys, used = np.zeros(width, np.int64), np.empty(width, np.int64), width
    for item in range(width):
        span = (starts[item], starts[item + 1])
        found = find_partners(slots, places, span, (item, min_count), sums, keys)
        nodes = _with_room(nodes, used, used + found)
        for place in range(found):
            keys[place] = item_of(keys[place]) << COUNT_BITS | count_of(keys[place])
        sort_items(keys[:found])
        for place in range(found):
            nodes.parents[used], nodes.items[used] = item, keys[place] >> COUNT_BITS
            nodes.counts[used] = keys[place] & ((1 << COUNT_BITS) - 1)
            used += 1
        nodes.starts[item + 1] = used
    return nodes, used


@inner
def _in_depth_order(
    nodes: Nodes, last_level: int, used: int, depths: int
) -> tuple[Sizes, Int32s, Counts]:
    """Return the nodes in depth-first order; those of the last level have no children."""
    sizes, items = np.empty(used, np.uint8), np.empty(used, np.int32)
    counts, place = np.empty(used, np.uint32), 0
    nexts, stops = np.empty(depths + 1, np.int64), np.empty(depths + 1, np.int64)
    nexts[0], stops[0], depth = 0, nodes.starts[0], 0
    while depth >= 0:
        node = nexts[depth]
        if node == stops[depth]:
            depth -= 1
            continue
        nexts[depth] += 1
        sizes[place], items[place], counts[place] = depth + 1, nodes.items[node], nodes.counts[node]
        place += 1
        if node < last_level:
            depth += 1
            nexts[depth], stops[depth] = nodes.starts[node], nodes.starts[node + 1]
    return sizes, items, counts


@entry(
    "Tuple((uint8[::1], int32[::1], uint32[::1]))"
    "(int32[::1], uint32[::1], int64[::1], int64[::1], UniTuple(int64, 5))"
)
def mine_levels(
    slots: Int32s,
    places: Places,
    item_starts: Int64s,
    item_counts: Int64s,
    limits: tuple[int, int, int, int, int],
) -> tuple[Sizes, Int32s, Counts]:
    """Find the frequent itemsets.

    Args:
        slots: As `arrange_baskets` returns them.
        places: The same.
        item_starts: The same.
        item_counts: Number of baskets of each item; all are frequent.
        limits: Smallest count, largest size, most itemsets (no level follows one that has more),
            number of rows in the slots, and bytes that the bits of all items may take.

    Returns:
        The columns of a trie.
    """
    min_count, max_size, most, row_count, block_bytes = limits
    width = len(item_counts)
    words = max(1, min((row_count + WORD - 1) // WORD, block_bytes // (8 * max(width, 1))))
    nodes = Nodes(
        np.empty(width, np.int32),
        np.empty(width, np.int32),
        np.empty(width, np.int64),
        np.empty(width + 1, np.int64),
    )
    for item in range(width):
        nodes.parents[item], nodes.items[item], nodes.counts[item] = -1, item, item_counts[item]
        nodes.starts[item] = width
    nodes.starts[width] = width
    first, used, size = width, width, np.int64(2)
    if max_size > 1:
        nodes, used = _add_pairs(slots, places, item_starts, min_count, nodes)
    drops = np.empty(used - first, np.int32)
    for node in range(first, used):
        drops[node - first] = nodes.items[node]
    hits = np.zeros(width, np.int32)
    while first < used <= most and size < max_size:
        candidates = _list_candidates(nodes, (first, used), drops, hits)
        _count(slots, nodes, (first, int(size)), candidates, words, width)
        nodes, drops, end = _keep(nodes, (first, used), candidates, min_count, drops)
        first, used, size = used, end, size + 1
    return _in_depth_order(nodes, first, used, int(size))
