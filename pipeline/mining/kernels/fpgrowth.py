"""Frequent itemsets by pattern growth over rows of items.

In plain words: take an item, look at the baskets that hold it, and count in one array the more
frequent items in them ("occurrence deliver"). Those that are frequent together with it make a
smaller data set: the same baskets, only these items, equal baskets put together with a weight.
That data set is mined in the same way, until nothing is frequent. Two short cuts make dense data
quick. An item that is in every basket in hand changes no count ("perfect extension"): it is
taken out, and once the rest is mined, the itemsets found are copied with the item added. Where few
items are left, each basket becomes a bit mask: masks are counted in an array of all subsets, and
each subset's count is the sum over its supersets, without any smaller data set.

Memory: the data sets on the way from an item to the itemset in hand, each smaller than the one
before it, and 16 bytes for every itemset found. Time: the length of the baskets walked, summed
over all frequent itemsets that have larger ones and no perfect extension, and the itemsets written.

Source:
    Han, Pei and Yin, Mining Frequent Patterns without Candidate Generation, SIGMOD 2000 (pattern
    growth); Uno, Kiyomi and Arimura, LCM ver. 2, FIMI 2004 (occurrence deliver, merging of equal
    rows); Borgelt, Frequent Item Set Mining, 2012 (perfect extensions, bit masks).
"""

import numpy as np

from pipeline.mining.baskets import Int32s, Int64s
from pipeline.mining.kernels.bits import popcount
from pipeline.mining.kernels.compiled import entry, inner
from pipeline.mining.kernels.growing import longer32, longer64
from pipeline.mining.kernels.slots import Places, list_places, longer_places
from pipeline.mining.kernels.walk import gather, list_frequent

EMPTY = np.int32(-1)
ALWAYS_MASKED = 5
LARGEST_MASK = 14
WORK_PER_MASK = 4
# Columns of the stack.
NEXT, STOP, BASE, FIRST_NODE, TOP, PERFECT, PERFECT_END = range(7)


@inner
def _count_masks(
    arena: Int32s, top: int, end: int, local: Int32s, found: int, masks: Int64s
) -> None:
    """Count for every subset of the numbered items the baskets that hold all of it."""
    place = top
    while place < end:
        weight, mask = -arena[place], 0
        place += 1
        while place < end and arena[place] >= 0:
            number = local[arena[place]]
            if number >= 0:
                mask |= 1 << number
            place += 1
        masks[mask] += weight
    for number in range(found):
        bit = 1 << number
        for start in range(0, 1 << found, 2 * bit):
            for mask in range(start, start + bit):
                masks[mask] += masks[mask + bit]


@inner
def _add_masks(
    parents: Int32s,
    items: Int32s,
    counts: Int64s,
    used: int,
    labels: Int32s,
    masks: Int64s,
    nodes: Int32s,
    limits: tuple[int, int, int],
) -> int:
    """Add the frequent subsets below node `nodes[0]` and make their counts zero again.

    `limits` is the number of items, the smallest count and the largest size.
    """
    found, min_count, room = limits
    for mask in range(1, 1 << found):
        count = masks[mask]
        masks[mask] = 0
        if count >= min_count and (room >= found or popcount(mask) <= room):
            nodes[mask] = used
            parents[used] = nodes[mask & (mask - 1)]
            items[used] = labels[popcount((mask & -mask) - 1)]
            counts[used] = count
            used += 1
    masks[0] = 0
    return used


@inner
def _copy_with(
    parents: Int32s, items: Int32s, counts: Int64s, span: tuple[int, int], node: int, item: int
) -> int:
    """Add an item that changes no count to a node and to all itemsets found below it."""
    first, used = span
    parents[used], items[used], counts[used] = node, item, counts[node]
    shift = used + 1 - first
    for place in range(first, used):
        parent = parents[place]
        parents[place + shift] = used if parent == node else parent + shift
        items[place + shift] = items[place]
        counts[place + shift] = counts[place]
    return used + shift


@inner
def _project(arena: Int32s, top: int, end: int, local: Int32s, table: Int64s) -> int:
    """Keep the numbered items of the rows, in place; return where the new rows end.

    Rows of fewer than two items leave. Equal rows become one with the sum of the weights, found by
    a hash table of rows.
    """
    slot_count = 16
    while slot_count < len(table) // 2 and 4 * slot_count < end - top:
        slot_count *= 2
    for slot in range(slot_count):
        table[slot] = -1
    used, place = top, top
    while place < end:
        begin, weight, mixed = used, arena[place], np.uint64(0)
        place, used = place + 1, used + 1
        while place < end and arena[place] >= 0:
            number = local[arena[place]]
            if number >= 0:
                arena[used] = number
                used += 1
                mixed = (mixed ^ np.uint64(number + 1)) * np.uint64(0x9E3779B97F4A7C15)
                mixed ^= mixed >> np.uint64(29)
            place += 1
        if used < begin + 3:
            used = begin
            continue
        arena[begin] = weight
        home = np.int64(mixed & np.uint64(slot_count - 1))
        twin = table[home]
        if twin >= 0 and _is_twin(arena, twin, begin, used):
            arena[twin] += weight
            used = begin
        else:
            table[home] = begin
    return used


@inner
def _is_twin(arena: Int32s, twin: int, begin: int, end: int) -> bool:
    """Whether an earlier row has the items of the last one."""
    place = twin + 1
    for at in range(begin + 1, end):
        if arena[place] != arena[at]:
            return False
        place += 1
    return bool(arena[place] < 0)


@inner
def _is_maskable(found: int, walked: int) -> bool:
    """Whether an array of all subsets costs less than a smaller data set."""
    if found <= ALWAYS_MASKED:
        return True
    return found <= LARGEST_MASK and (found << found) <= WORK_PER_MASK * walked


@entry(
    "Tuple((int32[::1], int32[::1], int64[::1]))"
    "(int32[::1], uint32[::1], int64[::1], int64[::1], int64[::1], UniTuple(int64, 6))"
)
def mine_items(
    slots: Int32s,
    places: Places,
    item_starts: Int64s,
    item_reaches: Int64s,
    item_counts: Int64s,
    limits: tuple[int, int, int, int, int, int],
) -> tuple[Int32s, Int32s, Int64s]:
    """Find the frequent itemsets whose rarest item is in a range.

    Args:
        slots: As `arrange_baskets` returns them.
        places: The same.
        item_starts: The same.
        item_reaches: The same.
        item_counts: Number of baskets of each item; all are frequent.
        limits: First item, the one after the last, smallest count, largest size, most
            itemsets (the search ends when it has found more), and for how many there is room at
            first: memory that is not written to costs nothing.

    Returns:
        The columns of a trie.
    """
    first, last, min_count, max_size, most, room = limits
    width = len(item_counts)
    starts, reaches = longer64(item_starts, width + 1, 0), longer64(item_reaches, width + 1, 0)
    labels, local = np.empty(len(starts), np.int32), np.empty(width, np.int32)
    frequent, perfect = np.empty(width, np.int32), np.empty(width, np.int32)
    found_counts, item_sums = np.empty(width, np.int64), np.zeros(width, np.int64)
    masks, nodes = np.zeros(1 << LARGEST_MASK, np.int64), np.empty(1 << LARGEST_MASK, np.int32)
    arena, arena_places = np.empty(1024, np.int32), np.empty(1024, np.uint32)
    table, names = np.empty(1 << 15, np.int64), np.empty(LARGEST_MASK, np.int32)
    room = max(room, last - first)
    parents, items = np.empty(room, np.int32), np.empty(room, np.int32)
    counts, used = np.empty(room, np.int64), last - first
    for item in range(width):
        labels[item], local[item] = item, EMPTY
    for item in range(first, last):
        parents[item - first], items[item - first] = EMPTY, item
        counts[item - first] = item_counts[item]
    stack = np.zeros((min(max_size, width) + 1, 7), np.int64)
    stack[0, NEXT], stack[0, STOP], stack[0, FIRST_NODE] = first, last, -first
    depth = 0 if max_size > 1 else -1
    while depth >= 0 and used <= most:
        item, stop, base = stack[depth, NEXT], stack[depth, STOP], stack[depth, BASE]
        top, block = stack[depth, TOP], stack[depth, FIRST_NODE]
        perfect_first, perfect_end = stack[depth, PERFECT], stack[depth, PERFECT_END]
        if item < stop:
            stack[depth, NEXT] += 1
            node, block = block + item, used
            span = (starts[base + item], starts[base + item + 1])
            wanted = top + reaches[base + item] + span[1] - span[0]
            if wanted > len(arena):
                arena = longer32(arena, top, wanted)
                arena_places = longer_places(arena_places, top, len(arena))
            if depth == 0:
                end = gather(slots, places, span, arena, top, item_sums)
            else:
                end = gather(arena, arena_places, span, arena, top, item_sums)
            found = list_frequent(
                arena, (top, end), item, min_count, item_sums, frequent, found_counts
            )
            deepest = max_size - depth - 1
            perfect_first = perfect_end
            if deepest >= found:
                left = 0
                for place in range(found):
                    if found_counts[place] == counts[node]:
                        perfect[perfect_end] = labels[base + frequent[place]]
                        perfect_end += 1
                    else:
                        frequent[left], found_counts[left] = frequent[place], found_counts[place]
                        left += 1
                found = left
            is_deeper = found > 1 and deepest > 1
            is_masked = is_deeper and _is_maskable(found, end - top)
            wanted = used + (1 << found if is_masked else found)
            if wanted > len(counts):
                parents, items = longer32(parents, used, wanted), longer32(items, used, wanted)
                counts = longer64(counts, used, wanted)
            if is_deeper:
                for number in range(found):
                    local[frequent[number]] = number
            if is_masked:
                for number in range(found):
                    names[number] = labels[base + frequent[number]]
                nodes[0] = node
                _count_masks(arena, top, end, local, found, masks)
                used = _add_masks(
                    parents, items, counts, used, names, masks, nodes, (found, min_count, deepest)
                )
            else:
                for number in range(found):
                    parents[used], items[used] = node, labels[base + frequent[number]]
                    counts[used] = found_counts[number]
                    used += 1
            if is_deeper:
                if not is_masked:
                    end = _project(arena, top, end, local, table)
                for number in range(found):
                    local[frequent[number]] = EMPTY
            if is_deeper and not is_masked:
                next_base = base + (width if depth == 0 else stop) + 1
                if next_base + found + 1 > len(starts):
                    starts = longer64(starts, next_base, next_base + found + 1)
                    reaches = longer64(reaches, next_base, len(starts))
                    labels = longer32(labels, next_base, len(starts))
                for number in range(found + 1):
                    starts[next_base + number] = reaches[next_base + number] = 0
                for number in range(found):
                    labels[next_base + number] = labels[base + frequent[number]]
                list_places(
                    arena,
                    top,
                    end,
                    arena_places,
                    starts[next_base : next_base + found + 1],
                    reaches[next_base : next_base + found + 1],
                )
                depth += 1
                stack[depth, NEXT], stack[depth, STOP], stack[depth, BASE] = 0, found, next_base
                stack[depth, FIRST_NODE], stack[depth, TOP] = block, end
                stack[depth, PERFECT], stack[depth, PERFECT_END] = perfect_first, perfect_end
                continue
        else:
            node = parents[block] if depth > 0 else 0
            depth -= 1
        for place in range(perfect_first, perfect_end):
            if used > most:
                break
            wanted = 2 * used + 1 - block
            if wanted > len(counts):
                parents, items = longer32(parents, used, wanted), longer32(items, used, wanted)
                counts = longer64(counts, used, wanted)
            used = _copy_with(parents, items, counts, (block, used), node, perfect[place])
    return parents[:used], items[:used], counts[:used]
