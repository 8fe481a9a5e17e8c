"""Turn rows of items round: for each item, the rows that hold it. One counting sort."""

import numpy as np

from pipeline.mining.baskets import Int32s, Int64s
from pipeline.mining.kernels.compiled import entry


@entry("void(int32[::1], int64[::1], int64[::1], int32[::1], int64[::1])")
def _list_rows(items: Int32s, begins: Int64s, order: Int64s, rows: Int32s, starts: Int64s) -> None:
    """Do the work of `rows_of_items`; `starts` holds zeros."""
    for place in range(len(items)):
        starts[items[place]] += 1
    end, width = 0, len(starts) - 1
    for item in range(width):
        end += starts[item]
        starts[item] = end
    starts[width] = end
    for number in range(len(order) - 1, -1, -1):
        row = order[number]
        for place in range(begins[row], begins[row + 1]):
            item = items[place]
            starts[item] -= 1
            rows[starts[item]] = row


def rows_of_items(
    items: Int32s, begins: Int64s, order: Int64s, width: int
) -> tuple[Int32s, Int64s]:
    """List the rows of each item, in a given order of rows.

    Args:
        items: Items of all rows.
        begins: Start of each row, and the end of the last; fewer than 2**31 rows.
        order: Every row once.
        width: Number of items.

    Returns:
        The rows, item by item, and the start of each item's rows with the end of the last.
    """
    rows, starts = np.empty(len(items), np.int32), np.zeros(width + 1, np.int64)
    _list_rows(items, begins, order, rows, starts)
    return rows, starts
