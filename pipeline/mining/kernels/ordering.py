"""Put itemsets in order: by size, then by items, size by size so that little is held twice.

The nodes of one size are spelled out as rows of a matrix, each sorted by insertion, for rows are
short. The rows are then sorted by their last item, by the one before it, and so on to the first:
counting sorts that keep the order of equal rows. Memory: the matrix and two numbers a row; time:
once through the rows for each of their items.

Source:
    Knuth, The Art of Computer Programming, volume 3, section 5.2.5: sorting by distribution.
"""

import numpy as np

from pipeline.mining.baskets import Int32s
from pipeline.mining.kernels.compiled import entry


@entry("int32[::1](int32[::1])")
def sizes_of(parents: Int32s) -> Int32s:
    """Return the number of items of each node of a trie."""
    sizes = np.empty(len(parents), np.int32)
    for node in range(len(parents)):
        parent = parents[node]
        sizes[node] = 1 if parent < 0 else sizes[parent] + 1
    return sizes


@entry("int32[::1](int32[::1], int32[::1], int32[::1], int32[::1], int32[::1])")
def spell_nodes(
    parents: Int32s, items: Int32s, chosen: Int32s, new_codes: Int32s, row: Int32s
) -> Int32s:
    """Return the items of nodes of one size under their new codes, ascending, row after row.

    Args:
        parents: Parent of each node.
        items: Item of each node.
        chosen: The nodes.
        new_codes: New code of each item.
        row: Scratch, as long as a row.
    """
    size = len(row)
    spelled = np.empty(len(chosen) * size, np.int32)
    for place in range(len(chosen)):
        ancestor, length = np.int64(chosen[place]), 0
        while ancestor >= 0:
            code, at = new_codes[items[ancestor]], length
            while at > 0 and row[at - 1] > code:
                row[at] = row[at - 1]
                at -= 1
            row[at] = code
            length += 1
            ancestor = np.int64(parents[ancestor])
        for at in range(size):
            spelled[place * size + at] = row[at]
    return spelled


@entry("int32[::1](int32[::1], int64, int64)")
def order_rows(rows: Int32s, size: int, width: int) -> Int32s:
    """Return the numbers of the rows in order of their items.

    Args:
        rows: Items of all rows, ascending in each.
        size: Items in a row.
        width: Above every item.
    """
    count = len(rows) // size
    order, other = np.empty(count, np.int32), np.empty(count, np.int32)
    for place in range(count):
        order[place] = place
    starts = np.empty(width + 1, np.int64)
    for column in range(size - 1, -1, -1):
        for item in range(width + 1):
            starts[item] = 0
        for place in range(count):
            starts[rows[place * size + column] + 1] += 1
        for item in range(width):
            starts[item + 1] += starts[item]
        for place in range(count):
            item = rows[np.int64(order[place]) * size + column]
            other[starts[item]] = order[place]
            starts[item] += 1
        order, other = other, order
    return order


@entry("void(int32[::1], int32[::1], int32[::1])")
def take_rows(rows: Int32s, order: Int32s, target: Int32s) -> None:
    """Write the rows in their order into an array of the same length."""
    if len(order) == 0:
        return
    size = len(rows) // len(order)
    for place in range(len(order)):
        begin = np.int64(order[place]) * size
        for at in range(size):
            target[place * size + at] = rows[begin + at]
