"""Look at one item: which more frequent items go with it, and its baskets as bits of these.

In plain words: walk the baskets that hold the item from its places backwards, which meets the more
frequent items of each basket, and count these in one array ("occurrence deliver"). The frequent
ones are the item's partners. A second walk writes the baskets down again, a row of bits for
each partner and a bit for each basket that holds two partners or more: no other holds a larger
itemset. Baskets are 64 to a word, and a word of all partners is filled before the next one.

Memory: 8 bytes for each item, and the bits. Time: the items walked, twice where bits are wanted.

Source:
    Uno, Kiyomi and Arimura, LCM ver. 2: Efficient Mining Algorithms for Frequent/Closed/Maximal
    Itemsets, FIMI 2004.
"""

import numpy as np

from pipeline.mining.baskets import Int32s, Int64s
from pipeline.mining.kernels.bits import WORD, Words
from pipeline.mining.kernels.compiled import ZERO, inlined
from pipeline.mining.kernels.slots import Places, sort_items

ITEM_BITS = 31
LARGEST_COUNT = 2**32 - 1


@inlined
def key_of(item: int, count: int) -> int:
    """Return a number that sorts by falling count, then by item."""
    return ((LARGEST_COUNT - count) << ITEM_BITS) | item


@inlined
def item_of(key: int) -> int:
    """Return the item of a key."""
    return key & ((1 << ITEM_BITS) - 1)


@inlined
def count_of(key: int) -> int:
    """Return the count of a key."""
    return LARGEST_COUNT - (key >> ITEM_BITS)


@inlined
def _count_before(slots: Int32s, places: Places, span: tuple[int, int], counts: Int64s) -> int:
    """Count the items before some places in their baskets; return how many were met."""
    met = np.int64(0)
    for number in range(span[0], span[1]):
        place = np.int64(places[number])
        at = place - 1
        item = slots[np.uint64(at)]
        while item >= 0:
            counts[np.uint64(item)] += 1
            at -= 1
            item = slots[np.uint64(at)]
        met += place - 1 - at
    return int(met)


@inlined
def _take(item: int, min_count: int, counts: Int64s, keys: Int64s, found: int) -> int:
    """List an item if it is frequent, and make its count zero again; return how many there are."""
    count = counts[item]
    counts[item] = 0
    if count < min_count:
        return found
    keys[found] = key_of(item, count)
    return found + 1


@inlined
def find_partners(
    slots: Int32s,
    places: Places,
    span: tuple[int, int],
    limits: tuple[int, int],
    counts: Int64s,
    keys: Int64s,
) -> int:
    """List the items that stand before some places often enough, the most frequent first.

    Args:
        slots: Rows of items, as `arrange_baskets` returns them.
        places: Places of items in the slots.
        span: The first place to look at, and the one after the last: those of one item.
        limits: The item, above all that stand before it, and the smallest count.
        counts: For each item 0, before and after.
        keys: Takes the keys of the partners.

    Returns:
        How many partners there are.
    """
    item, min_count = limits
    found = ZERO
    if _count_before(slots, places, span, counts) >= item:
        for other in range(item):
            found = _take(other, min_count, counts, keys, found)
    else:
        for number in range(span[0], span[1]):
            at = np.int64(places[number]) - 1
            while slots[at] >= 0:
                if counts[slots[at]] > 0:
                    found = _take(slots[at], min_count, counts, keys, found)
                at -= 1
    sort_items(keys[:found])
    return found


@inlined
def write_bits(
    slots: Int32s,
    places: Places,
    span: tuple[int, int],
    numbers: Int32s,
    bits: Words,
    stride: int,
    row: Int32s,
) -> int:
    """Write which baskets of an item hold which of its partners.

    Args:
        slots: Rows of items.
        places: Places of items in the slots.
        span: The item's first place, and the one after its last.
        numbers: Number of each partner from 0 on; -1 for other items.
        bits: Takes the words of partner 0, then those of partner 1, and so on.
        stride: Words of a partner, enough for all baskets of the item.
        row: Scratch, as long as the longest basket.

    Returns:
        How many words are in use.
    """
    rows = 0
    for number in range(span[0], span[1]):
        at, held = np.int64(places[number]) - 1, 0
        item = slots[np.uint64(at)]
        while item >= 0:
            partner = numbers[np.uint64(item)]
            row[np.uint64(held)] = partner
            held += partner >= 0
            at -= 1
            item = slots[np.uint64(at)]
        if held >= 2:
            word, mark = rows // WORD, np.uint64(1) << np.uint64(rows % WORD)
            for place in range(held):
                bits[np.uint64(row[place] * stride + word)] |= mark
            rows += 1
    return (rows + WORD - 1) // WORD
