"""Put itemsets in order: by size, then by items, size by size so that little is held twice.

The itemsets of one size are spelled out as rows of a matrix, each sorted by insertion, for rows
are short. The rows are then sorted by their last item, by the one before it, and so on to the
first: counting sorts that keep the order of equal rows. Memory: the matrix and two numbers a row;
time: once through the trie for each size, and once through the rows for each of their items.

Source:
    Knuth, The Art of Computer Programming, volume 3, section 5.2.5: sorting by distribution.
"""

import numpy as np
import numpy.typing as npt

from pipeline.mining.baskets import Int32s, Int64s
from pipeline.mining.kernels.compiled import entry

Sizes = npt.NDArray[np.uint8]
PIECE = 1 << 20


@entry("void(uint8[::1], int32[::1], int32[::1], int32[::1], int32[::1])")
def _spell(sizes: Sizes, items: Int32s, new_codes: Int32s, path: Int32s, spelled: Int32s) -> None:
    """Do the work of `spell_sets`; the size is the length of `path`, which is scratch."""
    size, used = len(path), 0
    for node in range(len(sizes)):
        length = np.int64(sizes[node])
        if length > size:
            continue
        path[length - 1] = new_codes[items[node]]
        if length < size:
            continue
        for place in range(size):
            code, at = path[place], used + place
            while at > used and spelled[at - 1] > code:
                spelled[at] = spelled[at - 1]
                at -= 1
            spelled[at] = code
        used += size


def spell_sets(sizes: Sizes, items: Int32s, new_codes: Int32s, size: int, count: int) -> Int32s:
    """Return the itemsets of one size under new codes, ascending, one after the other.

    Args:
        sizes: Number of items of each itemset, in depth-first order: the smaller sets that an
            itemset was grown from stand before it.
        items: Last item of each.
        new_codes: New code of each item.
        size: The size in question.
        count: How many itemsets have it.
    """
    spelled = np.empty(count * size, np.int32)
    _spell(sizes, items, new_codes, np.empty(size, np.int32), spelled)
    return spelled


@entry("void(int32[::1], int64, int64[::1], int32[::1], int32[::1])")
def _order_by_column(
    items: Int32s, size: int, starts: Int64s, order: Int32s, ordered: Int32s
) -> None:
    """Put rows in order of one column, those with equal items as they stand.

    Args:
        items: Items of all rows, from the column of the first row on.
        size: Items in a row.
        starts: Scratch, longer than every item.
        order: Numbers of the rows as they stand.
        ordered: Takes them in order.
    """
    for item in range(len(starts)):
        starts[item] = 0
    for row in range(len(order)):
        starts[items[row * size] + 1] += 1
    for item in range(1, len(starts)):
        starts[item] += starts[item - 1]
    for place in range(len(order)):
        item = items[np.int64(order[place]) * size]
        ordered[starts[item]] = order[place]
        starts[item] += 1


def order_rows(rows: Int32s, size: int, width: int) -> Int32s:
    """Return the numbers of the rows in order of their items.

    Args:
        rows: Items of all rows, ascending in each.
        size: Items in a row.
        width: Above every item.
    """
    count = len(rows) // size
    order, other = np.arange(count, dtype=np.int32), np.empty(count, np.int32)
    starts = np.empty(width + 1, np.int64)
    for column in range(size - 1, -1, -1):
        _order_by_column(rows[column:], size, starts, order, other)
        order, other = other, order
    return order


def take_rows(rows: Int32s, order: Int32s, target: Int32s) -> None:
    """Write the rows in their order into an array of the same length."""
    if len(order) == 0:
        return
    size = len(rows) // len(order)
    matrix, ordered = rows.reshape(-1, size), target.reshape(-1, size)
    for first in range(0, len(order), PIECE):
        piece = slice(first, first + PIECE)  # NumPy makes its numbers 64 bits wide
        np.take(matrix, order[piece], axis=0, out=ordered[piece], mode="clip")  # all are inside
