"""Baskets in the form that miners walk: rows of items in one array, and the places of each item.

A row is a slot with its weight, negative, and then its items, ascending, 0 for the most frequent
one. What stands before a place of an item, back to the next negative slot, are the items of the
same basket that are more frequent: one look at memory finds them. Places are unsigned 32-bit
numbers, enough for 4.2 billion slots. Memory: 4 bytes a basket, 8 bytes a line, 24 bytes an item.
Time: two passes over the lines and a sort of each basket.
"""

import numpy as np
import numpy.typing as npt

from pipeline.mining.baskets import Int32s, Int64s
from pipeline.mining.kernels.compiled import entry, inner

Places = npt.NDArray[np.uint32]


@inner
def longer_places(places: Places, used: int, wanted: int) -> Places:
    """Return a copy of the `used` places with room for the wanted number."""
    copy = np.empty(wanted, np.uint32)
    for number in range(used):
        copy[number] = places[number]
    return copy


@inner
def sort_items(items: Int32s) -> None:
    """Sort in place (Shell 1959): a library's sort takes a second to compile."""
    gap = len(items) // 2
    while gap > 0:
        for place in range(gap, len(items)):
            value, hole = items[place], place
            while hole >= gap and items[hole - gap] > value:
                items[hole] = items[hole - gap]
                hole -= gap
            items[hole] = value
        gap = 1 if gap == 2 else gap * 5 // 11


@inner
def list_places(
    slots: Int32s, begin: int, end: int, places: Places, starts: Int64s, reaches: Int64s
) -> None:
    """List the places of each item in the slots from `begin` to `end`.

    Args:
        slots: Rows of items.
        begin: First slot of a row.
        end: The slot after the last of a row.
        places: Item by item the places of each, from place `begin` on.
        starts: Start of each item's places, and the end of the last; zero at first.
        reaches: For each item how many items stand before its places; zero at first.
    """
    before = 0
    for place in range(begin, end):
        item = slots[place]
        if item < 0:
            before = 0
        else:
            starts[item] += 1
            reaches[item] += before
            before += 1
    last = begin
    for item in range(len(starts)):
        last += starts[item]
        starts[item] = last
    for place in range(end - 1, begin - 1, -1):
        item = slots[place]
        if item >= 0:
            starts[item] -= 1
            places[starts[item]] = place


@entry(
    "Tuple((int32[::1], uint32[::1], int64[::1], int64[::1]))"
    "(int32[::1], int64[::1], int32[::1], int64, int64)"
)
def arrange_baskets(
    items: Int32s, begins: Int64s, new_codes: Int32s, width: int, line_count: int
) -> tuple[Int32s, Places, Int64s, Int64s]:
    """Put baskets of two items or more in rows of slots: only these hold larger itemsets.

    Args:
        items: Items of all baskets, each once in a basket.
        begins: Start of each basket, and the end of the last.
        new_codes: The number of each item, -1 to leave it out.
        width: Number of items that have a number.
        line_count: How many of `items` have one.

    Returns:
        The slots, the places of the items, the start of each item's places with the end of the
        last, and how many items stand before each item's places.
    """
    slots, used = np.empty(line_count + len(begins), np.int32), 0
    for basket in range(len(begins) - 1):
        begin = used
        slots[used] = -1
        used += 1
        for at in range(begins[basket], begins[basket + 1]):
            item = new_codes[items[at]]
            if item >= 0:
                slots[used] = item
                used += 1
        if used > begin + 2:
            sort_items(slots[begin + 1 : used])
        else:
            used = begin
    places, starts = np.empty(used, np.uint32), np.zeros(width + 1, np.int64)
    reaches = np.zeros(width + 1, np.int64)
    list_places(slots, 0, used, places, starts, reaches)
    return slots[:used], places[: starts[width]], starts, reaches
