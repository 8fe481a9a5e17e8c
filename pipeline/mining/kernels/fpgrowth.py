"""Frequent itemsets by pattern growth over rows of items: for sparse data.

In plain words: take an item, look at the baskets that hold it, and count in one array the more
frequent items in them ("occurrence deliver"). Those that are frequent together with it make a
smaller data set: the same baskets, only these items, equal baskets put together with a weight.
That data set is mined in the same way, until nothing is frequent. Where few items are left, each
basket becomes a bit mask: masks are counted in an array of all subsets, and each subset's count is
the sum over its supersets, without any smaller data set.

Memory: the data sets on the way from an item to the itemset in hand, each smaller than the one
before it, and 16 bytes for every itemset found. Time: the length of the baskets walked, summed
over all frequent itemsets that have larger ones.

Source:
    Han, Pei and Yin, Mining Frequent Patterns without Candidate Generation, SIGMOD 2000 (pattern
    growth); Uno, Kiyomi and Arimura, LCM ver. 2, FIMI 2004 (occurrence deliver, merging of equal
    rows); Borgelt, Frequent Item Set Mining, 2012 (bit masks for the last items).
"""

import numpy as np

from pipeline.mining.baskets import Int32s, Int64s
from pipeline.mining.kernels.bits import popcount
from pipeline.mining.kernels.compiled import entry, inner
from pipeline.mining.kernels.growing import longer32, longer64
from pipeline.mining.kernels.occurrences import (
    EMPTY,
    Rows,
    Scratch,
    Visit,
    count_prefixes,
    list_frequent,
)
from pipeline.mining.kernels.trie import Trie, roomy

ALWAYS_MASKED = 5
LARGEST_MASK = 14
WORK_PER_MASK = 4
# Columns of the stack.
NEXT, STOP, BASE, FIRST_NODE, ITEM_TOP, ROW_TOP = range(6)


@inner
def _clear(rows: Rows, visit: Visit, walked: int, counts: Int64s) -> None:
    """Make the counts zero again."""
    if walked >= visit.item:
        for other in range(visit.item):
            counts[other] = 0
        return
    for place in range(visit.low, visit.high):
        at = rows.begins[rows.occurrences[place]]
        while rows.items[at] < visit.item:
            counts[rows.items[at]] = 0
            at += 1


@inner
def _is_maskable(found: int, walked: int) -> bool:
    """Whether an array of all subsets costs less than a smaller data set."""
    if found <= ALWAYS_MASKED:
        return True
    return found <= LARGEST_MASK and (found << found) <= WORK_PER_MASK * walked


@inner
def _count_masks(rows: Rows, visit: Visit, found: int, scratch: Scratch) -> None:
    """Count for every subset of the frequent items the baskets that hold all of it."""
    _number(found, scratch)
    local, masks, items = scratch.local, scratch.masks, rows.items
    for place in range(visit.low, visit.high):
        row = rows.occurrences[place]
        at, mask = rows.begins[row], 0
        while items[at] < visit.item:
            number = local[items[at]]
            if number >= 0:
                mask |= 1 << number
            at += 1
        masks[mask] += rows.weights[row]
    _forget(found, scratch)
    for number in range(found):
        bit = 1 << number
        for start in range(0, 1 << found, 2 * bit):
            for mask in range(start, start + bit):
                masks[mask] += masks[mask + bit]


@inner
def _add_masks(
    trie: Trie,
    used: int,
    parent: int,
    names: Int32s,
    search: tuple[int, int, int],
    scratch: Scratch,
) -> int:
    """Add the frequent subsets below a node and make their counts zero again."""
    found, min_count, max_size = search
    masks, nodes = scratch.masks, scratch.mask_nodes
    nodes[0] = parent
    for mask in range(1, 1 << found):
        count = masks[mask]
        masks[mask] = 0
        if count >= min_count and popcount(mask) <= max_size:
            nodes[mask] = used
            trie.parents[used] = nodes[mask & (mask - 1)]
            trie.items[used] = names[scratch.frequent[popcount((mask & -mask) - 1)]]
            trie.counts[used] = count
            used += 1
    masks[0] = 0
    return used


@inner
def _add_items(
    trie: Trie, used: int, parent: int, names: Int32s, found: int, scratch: Scratch
) -> int:
    """Add a node for each item that is frequent together with the parent."""
    for place in range(found):
        item = scratch.frequent[place]
        trie.parents[used] = parent
        trie.items[used] = names[item]
        trie.counts[used] = scratch.counts[item]
        used += 1
    return used


@inner
def _number(found: int, scratch: Scratch) -> None:
    """Give the frequent items numbers from 0 on."""
    for number in range(found):
        scratch.local[scratch.frequent[number]] = number


@inner
def _forget(found: int, scratch: Scratch) -> None:
    """Take the numbers of the frequent items back."""
    for number in range(found):
        scratch.local[scratch.frequent[number]] = EMPTY


@inner
def _project(
    rows: Rows, visit: Visit, local: Int32s, target: Rows, tops: tuple[int, int], table: Int32s
) -> int:
    """Write the visited rows with their numbered items; return where the new rows end.

    Equal rows become one with the sum of the weights, found by a hash table of row numbers.
    """
    item_top, row_top = tops
    row_end = row_top
    slots = 16
    while slots < 2 * (visit.high - visit.low):
        slots *= 2
    for place in range(slots):
        table[place] = EMPTY
    for place in range(visit.low, visit.high):
        row = rows.occurrences[place]
        at, end, mixed = rows.begins[row], item_top, np.uint64(0)
        while rows.items[at] < visit.item:
            number = local[rows.items[at]]
            if number >= 0:
                target.items[end] = number
                end += 1
                mixed = (mixed ^ np.uint64(number + 1)) * np.uint64(0x9E3779B97F4A7C15)
                mixed ^= mixed >> np.uint64(29)
            at += 1
        if end - item_top < 2:
            continue
        slot = np.int64(mixed & np.uint64(slots - 1))
        target.begins[row_end] = item_top
        while table[slot] >= 0 and not _is_equal(target, table[slot], (item_top, end)):
            slot = (slot + 1) & (slots - 1)
        if table[slot] >= 0:
            target.weights[table[slot]] += rows.weights[row]
            continue
        table[slot] = row_end
        target.weights[row_end] = rows.weights[row]
        item_top = end
        row_end += 1
        target.begins[row_end] = item_top
    target.begins[row_end] = item_top
    return row_end


@inner
def _is_equal(rows: Rows, row: int, span: tuple[int, int]) -> bool:
    """Whether a row holds the items of a span."""
    begin, (start, end) = rows.begins[row], span
    if rows.begins[row + 1] - begin != end - start:
        return False
    for place in range(end - start):
        if rows.items[begin + place] != rows.items[start + place]:
            return False
    return True


@inner
def _deliver(rows: Rows, span: tuple[int, int], starts: Int64s, width: int) -> None:
    """List the rows of each item; the lists stand where the items of the rows stand."""
    first, last = span
    for item in range(width):
        starts[item] = 0
    for at in range(rows.begins[first], rows.begins[last]):
        starts[rows.items[at]] += 1
    end = rows.begins[first]
    for item in range(width):
        end += starts[item]
        starts[item] = end
    starts[width] = end
    for row in range(last - 1, first - 1, -1):
        for at in range(rows.begins[row], rows.begins[row + 1]):
            item = rows.items[at]
            starts[item] -= 1
            rows.occurrences[starts[item]] = row


@inner
def _scratch(width: int) -> Scratch:
    subsets = 1 << LARGEST_MASK
    return Scratch(
        np.zeros(width, np.int64),
        np.zeros(width, np.int32) + EMPTY,
        np.empty(width, np.int32),
        np.zeros(subsets, np.int64),
        np.empty(subsets, np.int32),
    )


@inner
def _roomy(arena: Rows, items: tuple[int, int], rows: tuple[int, int]) -> Rows:
    """Return a copy of the arena with room for items and rows: how many are used and wanted."""
    return Rows(
        longer32(arena.items, items[0], items[1]),
        longer64(arena.begins, rows[0], rows[1]),
        longer64(arena.weights, rows[0], rows[1]),
        longer32(arena.occurrences, items[0], items[1]),
    )


@inner
def _empty_rows() -> Rows:
    return Rows(
        np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.int32)
    )


@inner
def _enter(labels: Int32s, base: int, next_base: int, found: int, scratch: Scratch) -> None:
    """Number the frequent items from 0 on, and write down which item each number means."""
    _number(found, scratch)
    for number in range(found):
        labels[next_base + number] = labels[base + scratch.frequent[number]]


@inner
def _roots(item_counts: Int64s, first: int, last: int) -> Trie:
    """Return a trie of the single items of a range."""
    room = last - first + 256
    trie = Trie(np.empty(room, np.int32), np.empty(room, np.int32), np.empty(room, np.int64))
    for item in range(first, last):
        node = item - first
        trie.parents[node], trie.items[node] = -1, item
        trie.counts[node] = item_counts[item]
    return trie


@entry(
    "Tuple((int32[::1], int32[::1], int64[::1]))"
    "(int32[::1], int64[::1], int64[::1], int32[::1], int64[::1], int64[::1], UniTuple(int64, 5))"
)
def mine_items(
    items: Int32s,
    begins: Int64s,
    weights: Int64s,
    occurrences: Int32s,
    occurrence_begins: Int64s,
    item_counts: Int64s,
    limits: tuple[int, int, int, int, int],
) -> tuple[Int32s, Int32s, Int64s]:
    """Find the frequent itemsets whose rarest item is in a range.

    Args:
        items: Items of all rows, ascending inside a row, 0 for the most frequent.
        begins: Start of each row, and the end of the last.
        weights: How many baskets each row stands for.
        occurrences: Rows of each item, item by item.
        occurrence_begins: Start of each item's occurrences, and the end of the last.
        item_counts: Number of baskets of each item; all are frequent.
        limits: First item, the one after the last, smallest count, largest size, and most
            itemsets: the search ends when it has found more.

    Returns:
        The columns of a trie.
    """
    first, last, min_count, max_size, most = limits
    width = len(item_counts)
    database, arena = Rows(items, begins, weights, occurrences), _empty_rows()
    scratch, table = _scratch(width), np.empty(0, np.int32)
    starts = longer64(occurrence_begins, width + 1, 0)
    labels = np.empty(len(starts), np.int32)
    for item in range(width):
        labels[item] = item
    trie, used = _roots(item_counts, first, last), last - first
    stack = np.zeros((min(max_size, width) + 1, 6), np.int64)
    stack[0, NEXT], stack[0, STOP], stack[0, FIRST_NODE] = first, last, -first
    depth = 0 if max_size > 1 else -1
    while depth >= 0 and used <= most:
        item, stop, base = stack[depth, NEXT], stack[depth, STOP], stack[depth, BASE]
        if item == stop:
            depth -= 1
            continue
        stack[depth, NEXT] += 1
        visit = Visit(item, starts[base + item], starts[base + item + 1])
        span = visit.high - visit.low
        if item == 0 or span == 0:
            continue
        node, names = stack[depth, FIRST_NODE] + item, labels[base:]
        rows = arena if depth > 0 else database
        walked = count_prefixes(rows, visit, scratch.counts)
        found = list_frequent(rows, visit, walked, min_count, scratch)
        is_deeper = found > 1 and depth + 2 < max_size
        is_masked = is_deeper and _is_maskable(found, walked)
        wanted = used + (1 << found if is_masked else found)
        if wanted > len(trie.counts):
            trie = roomy(trie, used, wanted)
        if is_masked:
            _clear(rows, visit, walked, scratch.counts)
            _count_masks(rows, visit, found, scratch)
            search = (found, min_count, max_size - depth - 1)
            used = _add_masks(trie, used, node, names, search, scratch)
            continue
        first_child = used
        used = _add_items(trie, used, node, names, found, scratch)
        _clear(rows, visit, walked, scratch.counts)
        if not is_deeper:
            continue
        next_base = base + (width if depth == 0 else stop) + 1
        if next_base + found + 1 > len(starts):
            labels = longer32(labels, next_base, next_base + found + 1)
            starts = longer64(starts, next_base, next_base + found + 1)
        _enter(labels, base, next_base, found, scratch)
        tops = (stack[depth, ITEM_TOP], stack[depth, ROW_TOP])
        if tops[0] + walked > len(arena.items) or tops[1] + span + 1 > len(arena.weights):
            arena = _roomy(arena, (tops[0], tops[0] + walked), (tops[1], tops[1] + span + 1))
            rows = arena if depth > 0 else database
        if len(table) < 4 * span:
            table = np.empty(4 * span + 16, np.int32)
        row_end = _project(rows, visit, scratch.local, arena, tops, table)
        _forget(found, scratch)
        _deliver(arena, (tops[1], row_end), starts[next_base:], found)
        depth += 1
        stack[depth, NEXT], stack[depth, STOP], stack[depth, BASE] = 0, found, next_base
        stack[depth, FIRST_NODE] = first_child
        stack[depth, ITEM_TOP], stack[depth, ROW_TOP] = arena.begins[row_end], row_end + 1
    return (
        trie.parents[:used],
        trie.items[:used],
        trie.counts[:used],
    )
