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
from pipeline.mining.kernels.compiled import ZERO, entry, inlined
from pipeline.mining.kernels.growing import with_room
from pipeline.mining.kernels.partners import count_of, find_partners, item_of, write_bits
from pipeline.mining.kernels.slots import Places
from pipeline.mining.kernels.trie import Counts, Sizes, Trie, copy_with

# Columns of the stack, a row for each set that is being extended: the next choice, the end of the
# choices, where they begin, words of each, the first free word, the set's node, and where its
# perfect extensions begin and end.
NEXT, STOP, BASE, WORDS, TOP, NODE, PERFECT, PERFECT_END = range(8)
# Where a search stands: the item in hand, how many nodes there are, the row of the stack, -1 where
# the item is not begun; and for how many nodes, choices and words there must be room to go on.
ITEM, USED, DEPTH, MORE_NODES, MORE_CHOICES, MORE_WORDS = range(6)

Choices = tuple[Int32s, Int64s, Int64s]
Rows = tuple[Int32s, Places, Int64s, Int64s]
Scratch = tuple[Int64s, Int64s, Int32s, Int32s, Int32s, Int32s]


@inlined
def _copy_perfect(
    trie: Trie, perfect: Int32s, row: Int64s, used: int, most: int
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


@inlined
def _find_choices(
    choices: Choices,
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


@inlined
def _grow(
    trie: Trie,
    choices: Choices,
    bits: Words,
    scratch: tuple[Int32s, Int32s],
    stack: Int64s,
    state: Int64s,
    limits: tuple[int, int, int],
) -> bool:
    """Extend sets until the item is done, there are more than the most itemsets, or room is short.

    Return whether there is room.
    """
    sizes, items, counts = trie
    choice_items, choice_counts, choice_places = choices
    listed, perfect = scratch
    used, depth = state[USED], state[DEPTH]
    min_count, max_size, most = limits
    nodes = more_choices = more_words = ZERO
    while depth >= 0 and used <= most:
        row = stack[depth]
        number, stop, words, top = row[NEXT], row[STOP], row[WORDS], row[TOP]
        if number == stop:
            used, nodes = _copy_perfect(trie, perfect, row, used, most)
            if nodes > 0:
                break
            depth -= 1
            continue
        more, room = number - row[BASE], max_size - depth - 2
        if used == len(counts) or stop + more > len(choice_items) or top + more * words > len(bits):
            nodes, more_choices, more_words = used + 1, stop + more, top + more * words
            break
        row[NEXT] += 1
        node, used = used, used + 1
        sizes[node], items[node] = depth + 2, choice_items[number]
        counts[node] = choice_counts[number]
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
    state[USED], state[DEPTH], state[MORE_NODES] = used, depth, nodes
    state[MORE_CHOICES], state[MORE_WORDS] = more_choices, more_words
    return nodes == 0


@inlined
def _list_choices(
    keys: Int64s,
    found: int,
    choices: Choices,
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


@inlined
def _project(
    walked: tuple[Int32s, Places, tuple[int, int]],
    choices: Choices,
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


@inlined
def _begin(
    rows: Rows,
    limits: tuple[int, int, int],
    trie: Trie,
    choices: Choices,
    bits: Words,
    scratch: Scratch,
    stack: Int64s,
    state: Int64s,
) -> bool:
    """Write the itemset of an item down, with what may extend it; return whether there is room."""
    slots, places, starts, item_counts = rows
    sums, keys, numbers, held, perfect, _ = scratch
    min_count, max_size, _ = limits
    item, used = state[ITEM], state[USED]
    span = (starts[item], starts[item + 1])
    partners = found = ZERO
    if max_size > 1:
        partners = find_partners(slots, places, span, (item, min_count), sums, keys)
        apart = item_counts[item] if max_size > partners else 0
        found = _list_choices(keys, partners, choices, perfect, apart)
    row = stack[0]
    row[STOP], row[PERFECT_END], row[NODE] = found, partners - found, used
    row[NEXT] = row[PERFECT] = row[WORDS] = row[TOP] = row[BASE] = 0
    words = (span[1] - span[0] + WORD - 1) // WORD if found > 1 and max_size > 2 else 0
    state[MORE_NODES], state[MORE_CHOICES], state[MORE_WORDS] = used + 1, 0, found * words
    if used == len(trie[0]) or found * words > len(bits):
        return False
    if words > 0:
        row[TOP] = found * words
        row[WORDS] = _project((slots, places, span), choices, found, numbers, bits, held)
    trie[0][used], trie[1][used], trie[2][used] = 1, item, item_counts[item]
    state[USED], state[DEPTH] = used + 1, 0
    return True


@entry(
    "void(Tuple((int32[::1], uint32[::1], int64[::1], int64[::1])), UniTuple(int64, 5),"
    " Tuple((uint8[::1], int32[::1], uint32[::1])), Tuple((int32[::1], int64[::1], int64[::1])),"
    " uint64[::1], Tuple((int64[::1], int64[::1], int32[::1], int32[::1], int32[::1], int32[::1])),"
    " int64[:, ::1], int64[::1])"
)
def _mine(
    rows: Rows,
    limits: tuple[int, int, int, int, int],
    trie: Trie,
    choices: Choices,
    bits: Words,
    scratch: Scratch,
    stack: Int64s,
    state: Int64s,
) -> None:
    """Go on with a search until it is done, has found more than the most, or room is short."""
    last, search = limits[1], limits[2:]
    _, _, _, _, perfect, listed = scratch
    while state[ITEM] < last and state[USED] <= limits[4]:
        if state[DEPTH] < 0 and not _begin(
            rows, search, trie, choices, bits, scratch, stack, state
        ):
            return
        if not _grow(trie, choices, bits, (listed, perfect), stack, state, search):
            return
        if state[DEPTH] < 0:
            state[ITEM] += 1


def mine_items(
    rows: Rows, limits: tuple[int, int, int, int, int], trie: Trie
) -> tuple[Sizes, Int32s, Counts, int]:
    """Find the frequent itemsets whose rarest item is in a range.

    Args:
        rows: The slots, the places and the start of each item's places, as `arrange_baskets`
            returns them, and the number of baskets of each item; all are frequent.
        limits: First item, the one after the last, smallest count, largest size, and most
            itemsets: the search ends when it has found more.
        trie: Room for the columns of the trie, more is made where it is short; memory that is not
            written to costs nothing.

    Returns:
        The columns of a trie, and how many itemsets there are, or some number above the most.
    """
    starts = rows[2]
    first, _, _, max_size, most = limits
    width = len(starts) - 1
    words = int(np.diff(starts).max(initial=0)) // WORD + 1
    scratch = (
        np.zeros(width, np.int64),
        np.empty(width, np.int64),
        np.full(width, -1, np.int32),
        np.empty(width + 1, np.int32),
        np.empty(width, np.int32),
        np.empty(words, np.int32),
    )
    choices = np.empty(width, np.int32), np.empty(width, np.int64), np.empty(width, np.int64)
    bits = np.empty(1024, np.uint64)
    stack = np.zeros((min(max_size, width) + 1, 8), np.int64)
    state = np.array([first, 0, -1, 0, 0, 0])
    while True:
        _mine(rows, limits, trie, choices, bits, scratch, stack, state)
        more = int(state[MORE_NODES])
        if more == 0 or more > most:
            break
        row = stack[max(state[DEPTH], 0)]
        trie = with_room(trie, state[USED], more)
        choices = with_room(choices, row[STOP], state[MORE_CHOICES])
        (bits,) = with_room((bits,), row[TOP], state[MORE_WORDS])
    used = int(state[USED])
    return trie[0][:used], trie[1][:used], trie[2][:used], max(used, more)
