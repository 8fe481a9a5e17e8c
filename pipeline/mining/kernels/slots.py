"""Baskets in the form that miners walk: rows of items in one array, and the places of each item.

A row is a slot with -1 and then its items, ascending, 0 for the most frequent one. What stands
before a place of an item, back to the next negative slot, are the items of the same basket that
are more frequent: one look at memory finds them. Places are unsigned 32-bit numbers, enough for
4.2 billion slots. Rows are put in order without being sorted: some baskets at a time, so few that
they stay in the processor's cache, are listed by item, and each item, the most frequent first, is
added to its rows.

Memory: 4 bytes a basket, 8 bytes a line, 16 bytes an item. Time: four passes over the lines.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.mining.baskets import Int32s, Int64s
from pipeline.mining.kernels.compiled import entry, inner

Places = npt.NDArray[np.uint32]
BLOCK_LINES = 1 << 17


@inner
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


@inner
def _count_lines(items: Int32s, begins: Int64s, new_codes: Int32s, starts: Int64s) -> int:
    """Count the places of each item that will have some; return the lines of the longest basket.

    Turns counts into the start of each item's places.
    """
    longest = 0
    for basket in range(len(begins) - 1):
        held = _held(items, new_codes, begins[basket], begins[basket + 1])
        longest = max(longest, held)
        for at in range(begins[basket], begins[basket + 1] if held > 1 else begins[basket]):
            code = new_codes[items[at]]
            if code >= 0:
                starts[code] += 1
    before = 0
    for code in range(len(starts)):
        before, starts[code] = before + starts[code], before
    return longest


@inner
def _held(items: Int32s, new_codes: Int32s, begin: int, end: int) -> int:
    """Count the items of a basket that have a number."""
    held = 0
    for at in range(begin, end):
        held += new_codes[items[at]] >= 0
    return held


@inner
def _list_rows(
    items: Int32s,
    begins: Int64s,
    new_codes: Int32s,
    block: tuple[int, int],
    row_slots: Int64s,
    ends: Int32s,
    rows: Int32s,
) -> None:
    """List the rows of a block by item; `ends` holds how many each item has, and then their end."""
    before = 0
    for code in range(len(ends)):
        before, ends[code] = before + ends[code], before
    for basket in range(block[0], block[1]):
        row = basket - block[0]
        for at in range(
            begins[basket], begins[basket + 1] if row_slots[row] > 0 else begins[basket]
        ):
            code = new_codes[items[at]]
            if code >= 0:
                rows[ends[code]] = row
                ends[code] += 1


@entry(
    "Tuple((int32[::1], uint32[::1], int64[::1]))(int32[::1], int64[::1], int32[::1], int64, int64)"
)
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
        the last.
    """
    starts, nexts = np.zeros(width + 1, np.int64), np.empty(width, np.int64)
    longest = _count_lines(items, begins, new_codes, starts)
    for code in range(width):
        nexts[code] = starts[code]
    slots, used = np.empty(line_count + len(begins), np.int32), 0
    places = np.empty(starts[width], np.uint32)
    capacity = BLOCK_LINES + longest
    row_slots, rows = np.empty(BLOCK_LINES, np.int64), np.empty(capacity, np.int32)
    ends, first = np.empty(width, np.int32), 0
    while first < len(begins) - 1:
        last, lines = first, 0
        for code in range(width):
            ends[code] = 0
        while last < len(begins) - 1 and lines < BLOCK_LINES and last - first < BLOCK_LINES:
            held = _held(items, new_codes, begins[last], begins[last + 1])
            row_slots[last - first] = 0
            if held > 1:
                slots[used], row_slots[last - first] = -1, used + 1
                used, lines = used + held + 1, lines + held
                for at in range(begins[last], begins[last + 1]):
                    if new_codes[items[at]] >= 0:
                        ends[new_codes[items[at]]] += 1
            last += 1
        _list_rows(items, begins, new_codes, (first, last), row_slots, ends, rows)
        place = 0
        for code in range(width):
            while place < ends[code]:
                slot = row_slots[rows[place]]
                slots[slot], places[nexts[code]] = code, slot
                row_slots[rows[place]], nexts[code] = slot + 1, nexts[code] + 1
                place += 1
        first = last
    return slots[:used], places, starts
