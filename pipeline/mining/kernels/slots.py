"""Baskets in the form that miners walk: rows of items in one array, and the places of each item.

A row is a negative slot and then its items, ascending, 0 for the most frequent one. What stands
before a place of an item, back to the next negative slot, are the items of the same basket that
are more frequent: one look at memory finds them. Places are unsigned 32-bit numbers, enough for
4.2 billion slots. Rows are put in order without being sorted: some baskets at a time, so few that
they stay in the processor's cache, are listed by item, and each item, the most frequent first, is
added to its rows.

Memory: 4 bytes a basket, 8 bytes a line, 24 bytes an item. Time: five passes over the lines.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.mining.baskets import Int32s, Int64s
from pipeline.mining.kernels.compiled import ZERO, entry, inlined

Places = npt.NDArray[np.uint32]
BLOCK_SLOTS = 1 << 16
ROW = -1


@inlined
def sort_items(items: npt.NDArray[Any]) -> None:
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


@inlined
def _fill_rows(
    items: Int32s, begins: Int64s, new_codes: Int32s, slots: Int32s, starts: Int64s
) -> int:
    """Write the rows, not yet in order, and count the places of each item.

    Turns counts into the start of each item's places; returns how many slots are in use.
    """
    used = 0
    for basket in range(len(begins) - 1):
        begin = used
        slots[used] = ROW
        used += 1
        for at in range(begins[basket], begins[basket + 1]):
            code = new_codes[np.uint64(items[np.uint64(at)])]
            slots[np.uint64(used)] = code
            used += code >= 0
        if used < begin + 3:
            used = begin
        for slot in range(begin + 1, used):
            starts[np.uint64(slots[np.uint64(slot)])] += 1
    before = 0
    for code in range(len(starts)):
        before, starts[code] = before + starts[code], before
    return used


@inlined
def _order_rows(
    slots: Int32s,
    block: tuple[int, int],
    ends: Int64s,
    rows: Int64s,
    nexts: Int64s,
    places: Places,
) -> None:
    """Put the items of the rows of a block in order, and list their places.

    `rows` takes a row for each place of the block, item by item, and `nexts` is where the next
    place of each item goes.
    """
    for code in range(len(ends)):
        ends[code] = 0
    for slot in range(block[0], block[1]):
        if slots[np.uint64(slot)] >= 0:
            ends[np.uint64(slots[np.uint64(slot)])] += 1
    before = 0
    for code in range(len(ends)):
        before, ends[code] = before + ends[code], before
    row = block[0]
    for slot in range(block[0], block[1]):
        code = slots[np.uint64(slot)]
        if code >= 0:
            rows[np.uint64(ends[np.uint64(code)])] = row
            ends[np.uint64(code)] += 1
        else:
            row = slot
            slots[np.uint64(slot)] = ROW
    place = 0
    for code in range(len(ends)):
        free = nexts[code]
        while place < ends[code]:
            # While it is being filled, a row begins with its length, negative.
            row = rows[np.uint64(place)]
            slot = row - slots[np.uint64(row)]
            slots[np.uint64(row)] -= 1
            slots[np.uint64(slot)] = code
            places[np.uint64(free)] = slot
            free, place = free + 1, place + 1
        nexts[code] = free


@entry(
    "int64(int32[::1], int64[::1], int32[::1],"
    " Tuple((int32[::1], uint32[::1], int64[::1])), UniTuple(int64[::1], 3))"
)
def _arrange(
    items: Int32s,
    begins: Int64s,
    new_codes: Int32s,
    arranged: tuple[Int32s, Places, Int64s],
    scratch: tuple[Int64s, Int64s, Int64s],
) -> int:
    """Do the work of `arrange_baskets`; return how many slots are in use."""
    slots, places, starts = arranged
    nexts, ends, rows = scratch
    used = _fill_rows(items, begins, new_codes, slots, starts)
    for code in range(len(nexts)):
        nexts[code] = starts[code]
    first = ZERO
    while first < used:
        last = min(used, first + BLOCK_SLOTS)
        while last < used and slots[last] >= 0:
            last += 1
        _order_rows(slots, (first, last), ends, rows, nexts, places)
        first = last
    return used


def arrange_baskets(
    items: Int32s, begins: Int64s, new_codes: Int32s, width: int, line_count: int
) -> tuple[Int32s, Places, Int64s]:
    """Put baskets of two items or more in rows of slots: only these hold larger itemsets.

    Args:
        items: Items of all baskets, each once in a basket.
        begins: Start of each basket, and the end of the last.
        new_codes: The number of each item, -1 to leave it out.
        width: Number of items that have a number.
        line_count: How many of `items` have one.

    Returns:
        The slots, the places of the items, and the start of each item's places with the end of
        the last. What a row begins with is negative, and says no more than that.
    """
    slots, places = np.empty(line_count + len(begins), np.int32), np.empty(line_count, np.uint32)
    starts, nexts, ends = np.zeros(width + 1, np.int64), *np.empty((2, width), np.int64)
    rows = np.empty(BLOCK_SLOTS + width, np.int64)  # a block ends with the row that fills it
    used = _arrange(items, begins, new_codes, (slots, places, starts), (nexts, ends, rows))
    return slots[:used], places[: starts[-1]], starts
