"""Frequent itemsets by pattern growth: one item's baskets at a time, as bits.

In plain words: take an item and its partners, the more frequent items that are in enough baskets
together with it, and write the baskets of the item as bits of these (`partners.py`). In this
smaller data set the baskets of two partners together are the bits that both have, and counting
these takes an instruction for 64 baskets. So sets grow by one partner at a time, depth first,
each with the bits of its baskets; words in which a set has no bit are left out for its larger
sets where that leaves few. A partner that is in every basket of a set changes no count ("perfect
extension"): it is left out of the search, and when the rest is found, that is copied with the
item added.

A set stands in the trie before its larger ones, so that its number of items, last item and count
tell all: the other items are those of the smaller sets on the way to it. Copying with one more
item is adding 1 to numbers.

Memory: the bits of the sets on the way to the one in hand, at most (partners) x (baskets of the
item) / 8 bytes for each and the deeper the fewer, and 9 bytes for every itemset found.
Time: for each item the lengths of its baskets; for each set and each partner that may extend it
the words of its baskets; and the itemsets written.

Source:
    Han, Pei and Yin, Mining Frequent Patterns without Candidate Generation, SIGMOD 2000 (pattern
    growth); Zaki, Scalable Algorithms for Association Mining, TKDE 2000 (sets of baskets, depth
    first); Borgelt, Frequent Item Set Mining, 2012 (perfect extensions).
"""

import numpy as np

from pipeline.mining.baskets import Int32s, Int64s
from pipeline.mining.kernels.bits import WORD, Words
from pipeline.mining.kernels.common_bits import count_common, list_words, write_common
from pipeline.mining.kernels.compiled import ZERO, entry, inner, lean
from pipeline.mining.kernels.growing import all_longer, longer
from pipeline.mining.kernels.partners import count_of, find_partners, item_of, write_bits
from pipeline.mining.kernels.slots import Places
from pipeline.mining.kernels.trie import Counts, Sizes, copy_with

# Columns of the stack, a row for each set that is being extended: the next choice, the end of the
# choices, where they begin, words of each, the first free word, the set's node, and where its
# perfect extensions begin and end.
NEXT, STOP, BASE, WORDS, TOP, NODE, PERFECT, PERFECT_END = range(8)


@lean
def _copy_perfect(
    trie: tuple[Sizes, Int32s, Counts], perfect: Int32s, row: Int64s, used: int, most: int
) -> tuple[int, int]:
    """Copy what was found below a set with the items that change no count.

    Return how many nodes there are, and for how many there must be room.
    """
    for place in range(row[PERFECT], row[PERFECT_END]):
        end = 2 * used - row[NODE]
        if end > min(most, len(trie[2])):
            row[PERFECT] = place
            return used, end
        copy_with(trie[0], trie[1], trie[2], (row[NODE], used), perfect[place])
        used = end
    return used, 0


@lean
def _find_choices(
    choices: tuple[Int32s, Int64s, Int64s],
    bits: Words,
    scratch: tuple[Int32s, Int32s],
    row: Int64s,
    kept: int,
    limits: tuple[int, int],
) -> tuple[int, int]:
    """Count the baskets that a set has in common with each choice before its own.

    Return the end of the choices of the set, and of its perfect extensions.
    """
    items, counts, places = choices
    listed, perfect = scratch
    number, words, min_count, room = row[NEXT] - 1, row[WORDS], limits[0], limits[1]
    mine, count, base = places[number], counts[number], row[BASE]
    end, perfect_end = row[STOP], row[PERFECT_END]
    for other in range(base, number):
        place = places[other]
        joint_count = count_common(bits, mine, place, words, listed, kept)
        if joint_count == count and room >= number - base:
            perfect[perfect_end] = items[other]
            perfect_end += 1
        elif joint_count >= min_count:
            items[end], counts[end], places[end] = items[other], joint_count, place
            end += 1
    return end, perfect_end


@lean
def _grow(
    trie: tuple[Sizes, Int32s, Counts],
    choices: tuple[Int32s, Int64s, Int64s],
    bits: Words,
    scratch: tuple[Int32s, Int32s],
    stack: Int64s,
    state: tuple[int, int],
    limits: tuple[int, int, int],
) -> tuple[int, int, int, int, int]:
    """Extend sets until all is done, there are more than the most itemsets, or room is short.

    Return how many nodes there are, the depth reached, -1 where all is done, and for how many
    nodes, choices and words there must be room.
    """
    sizes, items, counts = trie
    choice_items, choice_counts, choice_places = choices
    listed, perfect = scratch
    used, depth = state
    min_count, max_size, most = limits
    while depth >= 0:
        row = stack[depth]
        number, stop, words, top = row[NEXT], row[STOP], row[WORDS], row[TOP]
        if number == stop:
            used, nodes = _copy_perfect(trie, perfect, row, used, most)
            if nodes > 0:
                return used, depth, nodes, 0, 0
            depth -= 1
            continue
        more, room = number - row[BASE], max_size - depth - 2
        if used == len(counts) or stop + more > len(choice_items) or top + more * words > len(bits):
            return used, depth, used + 1, stop + more, top + more * words
        row[NEXT] += 1
        node, used = used, used + 1
        sizes[node], items[node] = depth + 2, choice_items[number]
        counts[node] = choice_counts[number]
        if used > most:
            return used, depth, 0, 0, 0
        if more == 0 or words == 0 or room == 0:
            continue
        mine = choice_places[number]
        kept = list_words(bits, mine, words, choice_counts[number], listed)
        end, perfect_end = _find_choices(choices, bits, scratch, row, kept, (min_count, room))
        if end - stop < 2 or room == 1:
            kept = 0
        if kept > 0:
            for choice in range(stop, end):
                place, choice_places[choice] = choice_places[choice], top
                write_common(bits, mine, place, words, listed, kept, top)
                top += kept
        if end > stop or perfect_end > row[PERFECT_END]:
            depth += 1
            below = stack[depth]
            below[NEXT], below[BASE], below[STOP] = stop, stop, end
            below[WORDS], below[TOP], below[NODE] = kept, top, node
            below[PERFECT], below[PERFECT_END] = row[PERFECT_END], perfect_end
    return used, depth, 0, 0, 0


@inner
def _list_choices(
    keys: Int64s,
    found: int,
    choices: tuple[Int32s, Int64s, Int64s],
    perfect: Int32s,
    count: int,
) -> int:
    """List the partners of an item, those that leave its count as it is as perfect extensions.

    With a count of 0 there are none of these. Return how many choices there are.
    """
    items, counts, _ = choices
    used = 0
    for number in range(found):
        if count_of(keys[number]) == count:
            perfect[number - used] = item_of(keys[number])
        else:
            items[used], counts[used] = item_of(keys[number]), count_of(keys[number])
            used += 1
    return used


@inner
def _project(
    walked: tuple[Int32s, Places, tuple[int, int]],
    choices: tuple[Int32s, Int64s, Int64s],
    found: int,
    numbers: Int32s,
    bits: Words,
    row: Int32s,
) -> int:
    """Write the baskets of an item as bits of its partners; return how many words of each."""
    slots, places, span = walked
    items, _, firsts = choices
    stride = (span[1] - span[0] + WORD - 1) // WORD
    for place in range(found * stride):
        bits[place] = 0
    for number in range(found):
        numbers[items[number]], firsts[number] = number, number * stride
    words = write_bits(slots, places, span, numbers, bits, stride, row)
    for number in range(found):
        numbers[items[number]] = -1
    return words


@entry(
    "Tuple((uint8[::1], int32[::1], uint32[::1], int64))"
    "(int32[::1], uint32[::1], int64[::1], int64[::1], UniTuple(int64, 5),"
    " uint8[::1], int32[::1], uint32[::1])"
)
def mine_items(
    slots: Int32s,
    places: Places,
    item_starts: Int64s,
    item_counts: Int64s,
    limits: tuple[int, int, int, int, int],
    sizes: Sizes,
    items: Int32s,
    counts: Counts,
) -> tuple[Sizes, Int32s, Counts, int]:
    """Find the frequent itemsets whose rarest item is in a range.

    Args:
        slots: As `arrange_baskets` returns them.
        places: The same.
        item_starts: The same.
        item_counts: Number of baskets of each item; all are frequent.
        limits: First item, the one after the last, smallest count, largest size, and most
            itemsets: the search ends when it has found more.
        sizes: Room for the trie, another is made where it is too small; memory that is not
            written to costs nothing.
        items: The same.
        counts: The same.

    Returns:
        The columns of a trie, and how many itemsets there are, or some number above the most.
    """
    first, last, min_count, max_size, most = limits
    width = len(item_counts)
    sums, keys = np.zeros(width, np.int64), np.empty(width, np.int64)
    numbers, row = np.empty(width, np.int32), np.empty(width + 1, np.int32)
    for item in range(width):
        numbers[item] = -1
    perfect, listed = np.empty(width, np.int32), np.empty(1024, np.int32)
    choices = np.empty(width, np.int32), np.empty(width, np.int64), np.empty(width, np.int64)
    bits, trie = np.empty(1024, np.uint64), (sizes, items, counts)
    stack = np.zeros((min(max_size, width) + 1, 8), np.int64)
    used = ZERO
    for item in range(first, last):
        trie = all_longer(trie, used, used + 1)
        trie[0][used], trie[1][used], trie[2][used] = 1, item, item_counts[item]
        used += 1
        if used > most:
            break
        if max_size == 1:
            continue
        span = (item_starts[item], item_starts[item + 1])
        partners = find_partners(slots, places, span, (item, min_count), sums, keys)
        apart = item_counts[item] if max_size > partners else 0
        found = _list_choices(keys, partners, choices, perfect, apart)
        stack[0, STOP], stack[0, PERFECT_END], stack[0, NODE] = found, partners - found, used - 1
        stack[0, NEXT] = stack[0, PERFECT] = stack[0, WORDS] = stack[0, TOP] = 0
        if found > 1 and max_size > 2:
            words = (span[1] - span[0] + WORD - 1) // WORD
            if found * words > len(bits):
                bits = np.empty(2 * found * words, np.uint64)
            if words > len(listed):
                listed = np.empty(2 * words, np.int32)
            stack[0, TOP] = found * words
            stack[0, WORDS] = _project((slots, places, span), choices, found, numbers, bits, row)
        depth = ZERO
        while depth >= 0 and used <= most:
            used, depth, nodes, wanted, words = _grow(
                trie, choices, bits, (listed, perfect), stack, (used, depth),
                (min_count, max_size, most),
            )  # fmt: skip
            if nodes > most:
                used = nodes
                break
            trie = all_longer(trie, used, nodes)
            choices = all_longer(choices, stack[depth, STOP], wanted)
            if words > len(bits):
                bits = longer(bits, stack[depth, TOP], words)
        if used > most:
            break
    return trie[0][:used], trie[1][:used], trie[2][:used], used
