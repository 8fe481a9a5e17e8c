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

import numpy as np

from pipeline.mining.baskets import Int32s, Int64s
from pipeline.mining.kernels.bits import WORD
from pipeline.mining.kernels.compiled import MINUS_ONE, ONE, entry, inlined
from pipeline.mining.kernels.growing import with_room
from pipeline.mining.kernels.level_counts import Candidates, count_candidates
from pipeline.mining.kernels.level_nodes import (
    COLUMNS,
    Columns,
    Nodes,
    child_of,
    in_depth_order,
    single_items,
    sizes_of_subtrees,
    with_more,
)
from pipeline.mining.kernels.partners import count_of, find_partners, item_of
from pipeline.mining.kernels.slots import Places, sort_items
from pipeline.mining.kernels.trie import Counts, Sizes

COUNT_BITS = 32
# What is in hand, how much has been found, and for how much there must be room.
AT, USED, WANTED = range(3)


@inlined
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


@entry(
    f"void({COLUMNS}, UniTuple(int64, 2), int32[::1], int32[::1], int64[::1], int32[::1],"
    " int64[::1])"
)
def _join(
    columns: Columns,
    level: tuple[int, int],
    drops: Int32s,
    hits: Int32s,
    begins: Int64s,
    candidates: Int32s,
    state: Int64s,
) -> None:
    """Go on with the candidates of a level until all is done or room is short.

    The state is the node in hand, how many candidates there are, and the room that is short.
    """
    nodes = Nodes(*columns)
    starts, items = nodes.starts, nodes.items
    first, last = level
    size, used = len(drops) // (last - first), state[USED]
    for node in range(state[AT], last):
        item, parent, base = items[node], nodes.parents[node], (node - first) * size
        sibling = starts[parent]
        if used + node - sibling > len(candidates):
            state[AT], state[USED], state[WANTED] = node, used, used + node - sibling
            return
        if sibling < node:
            for place in range(base, base + size):
                _add_hits(nodes, int(drops[place]), item, ONE, hits)
            for other in range(sibling, node):
                if hits[items[other]] == size:
                    candidates[used] = items[other]
                    used += 1
            for place in range(base, base + size):
                _add_hits(nodes, int(drops[place]), item, MINUS_ONE, hits)
        begins[node - first + 1] = used
    state[AT], state[USED] = last, used


def _list_candidates(
    nodes: Nodes, level: tuple[int, int], drops: Int32s, hits: Int32s
) -> Candidates:
    """Join every itemset of a level with its smaller siblings and prune.

    `drops` holds for each itemset of the level the itemsets without one of its items, the last
    one left out; a candidate must extend all of them. `hits` is 0 for each item.
    """
    first, last = level
    begins, candidates = np.zeros(last - first + 1, np.int64), np.empty(256, np.int32)
    state = np.array([first, 0, 0])
    while state[AT] < last:
        (candidates,) = with_room((candidates,), state[USED], state[WANTED])
        _join((*nodes,), level, drops, hits, begins, candidates, state)
    used = state[USED]
    return Candidates(begins, candidates[:used], np.zeros(used, np.int64))


@entry(
    f"int64({COLUMNS}, UniTuple(int64, 2), Tuple((int64[::1], int32[::1], int64[::1])),"
    " Tuple((int64, boolean)), int32[::1], int32[::1])"
)
def _add_frequent(
    columns: Columns,
    level: tuple[int, int],
    counted: tuple[Int64s, Int32s, Int64s],
    limits: tuple[int, bool],
    drops: Int32s,
    next_drops: Int32s,
) -> int:
    """Do the work of `_keep`; return how many nodes there are."""
    min_count, is_apart = limits
    nodes, candidates = Nodes(*columns), Candidates(*counted)
    first, used = level
    size, place = len(drops) // (used - first), 0
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
                next_drops[place] = child_of(nodes, int(drops[at]), item)
                place += 1
            next_drops[place] = child_of(nodes, int(nodes.parents[node]), item)
            place += 1
        nodes.starts[node + 1], nodes.perfect_starts[node + 1] = used, perfect_used
    return used


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
    size = len(drops) // (used - first) + 1
    found = int(np.count_nonzero(candidates.counts >= limits[0]))
    nodes = with_more(nodes, first, used, used + found)
    next_drops = np.empty(found * size, np.int32)
    end = _add_frequent((*nodes,), level, (*candidates,), limits, drops, next_drops)
    return nodes, next_drops[: (end - used) * size], end


@entry(
    f"void(Tuple((int32[::1], uint32[::1], int64[::1])), Tuple((int64, boolean)), {COLUMNS},"
    " UniTuple(int64[::1], 2), int64[::1])"
)
def _count_pairs(
    rows: tuple[Int32s, Places, Int64s],
    limits: tuple[int, bool],
    columns: Columns,
    scratch: tuple[Int64s, Int64s],
    state: Int64s,
) -> None:
    """Go on with the pairs of each item until all is done or room is short.

    The state is the item in hand, how many nodes there are, and the room that is short.
    """
    slots, places, starts = rows
    min_count, is_apart = limits
    nodes, used = Nodes(*columns), state[USED]
    sums, keys = scratch
    for item in range(state[AT], len(starts) - 1):
        span, perfect_used = (starts[item], starts[item + 1]), nodes.perfect_starts[item]
        found = find_partners(slots, places, span, (item, min_count), sums, keys)
        if used + found > len(nodes.parents) or perfect_used + found > len(nodes.perfect):
            state[AT], state[USED], state[WANTED] = item, used, used + found
            return
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
    state[AT], state[USED] = len(starts) - 1, used


def _add_pairs(
    rows: tuple[Int32s, Places, Int64s], limits: tuple[int, bool], nodes: Nodes
) -> tuple[Nodes, int]:
    """Count the pairs of each item and add those that are frequent."""
    width = len(rows[2]) - 1
    scratch, state = (np.zeros(width, np.int64), np.empty(width, np.int64)), np.array([0, width, 0])
    while True:
        _count_pairs(rows, limits, (*nodes,), scratch, state)
        item, used, wanted = state.tolist()
        if item == width:
            return nodes, used
        nodes = with_more(nodes, item, used, wanted)


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
    nodes, bits = single_items(item_counts), np.empty(width * words, np.uint64)
    first, used, size = width, width, 2
    kept = (min_count, max_size >= width)  # else a copy might be too large
    if max_size > 1:
        nodes, used = _add_pairs((slots, places, item_starts), kept, nodes)
    drops, hits = nodes.items[first:used].copy(), np.zeros(width, np.int32)
    while first < used <= most and size < max_size:
        candidates = _list_candidates(nodes, (first, used), drops, hits)
        count_candidates(slots, nodes, (first, size), candidates, bits, words)
        nodes, drops, end = _keep(nodes, (first, used), candidates, kept, drops)
        first, used, size = used, end, size + 1
    total = min(sum(sizes_of_subtrees(nodes, first, used, most)[:width].tolist()), most + 1)
    if total > most:
        return np.empty(0, np.uint8), np.empty(0, np.int32), np.empty(0, np.uint32), total
    return *in_depth_order(nodes, first, total, size), total
