"""Count the orders of items that hold another item of a category: in all, and month by month.

In plain words: for each item go through its orders, and for each order through the categories that
it holds, and count in an array as long as the list of categories. The item's own category counts
only where the order holds another item of it. A second walk looks at chosen categories only and
counts them by month.

Memory: a few numbers a category, and the pairs found. Time: the orders of each item times the
categories of an order, twice.
"""

import numpy as np

from pipeline.mining.baskets import Bools, Int32s, Int64s
from pipeline.mining.kernels.compiled import ZERO, entry
from pipeline.mining.kernels.growing import all_longer, filled


@entry(
    "Tuple((int32[::1], int64[::1], boolean[::1]))(int64[::1], int32[::1], int64)",
    counts_references=True,
)
def hold_categories(starts: Int64s, of_lines: Int32s, width: int) -> tuple[Int32s, Int64s, Bools]:
    """Find the distinct categories of each order.

    Args:
        starts: Start of each order's lines, and the end of the last.
        of_lines: Category of each line's item, -1 where it has none.
        width: Number of categories.

    Returns:
        The categories, order by order; the start of each order's, with the end of the last; and
        whether the order of a line holds another item of the line's own category.
    """
    counts, found = np.zeros(width, np.int32), np.empty(len(of_lines), np.int32)
    begins, has_others = np.empty(len(starts), np.int64), np.zeros(len(of_lines), np.bool_)
    used = 0
    for order in range(len(starts) - 1):
        begins[order] = used
        for line in range(starts[order], starts[order + 1]):
            category = of_lines[line]
            if category >= 0:
                if counts[category] == 0:
                    found[used] = category
                    used += 1
                counts[category] += 1
        for line in range(starts[order], starts[order + 1]):
            has_others[line] = of_lines[line] >= 0 and counts[of_lines[line]] > 1
        for place in range(begins[order], used):
            counts[found[place]] = 0
    begins[len(starts) - 1] = used
    return found[:used], begins, has_others


@entry(
    "Tuple((int32[::1], int32[::1], int32[::1]))"
    "(int64[::1], int32[::1], boolean[::1], int32[::1], int64[::1], int32[::1], int64, int64)",
    counts_references=True,
)
def count_attached(
    starts: Int64s,
    orders: Int32s,
    has_others: Bools,
    own: Int32s,
    begins: Int64s,
    held: Int32s,
    width: int,
    min_count: int,
) -> tuple[Int32s, Int32s, Int32s]:
    """Count the orders of each source item that hold another item of each category.

    Args:
        starts: Start of each source's lines, and the end of the last.
        orders: Order of each line.
        has_others: Whether the order holds another item of the source's own category.
        own: Category of each source, -1 where it has none.
        begins: Start of each order's categories, and the end of the last.
        held: Categories of the orders, each once an order.
        width: Number of categories.
        min_count: Smallest number of orders, above 0.

    Returns:
        Sources, categories and the orders of each pair; by source, then by category.
    """
    counts, used = np.zeros(width, np.int32), ZERO
    left, right, found = np.empty(256, np.int32), np.empty(256, np.int32), np.empty(256, np.int32)
    for source in range(len(starts) - 1):
        for line in range(starts[source], starts[source + 1]):
            for place in range(begins[orders[line]], begins[orders[line] + 1]):
                counts[held[place]] += 1
            if own[source] >= 0 and not has_others[line]:
                counts[own[source]] -= 1  # it is the source itself that holds it
        left, right, found = all_longer((left, right, found), used, used + width)
        for category in range(width):
            if counts[category] >= min_count:
                left[used], right[used], found[used] = source, category, counts[category]
                used += 1
            counts[category] = 0
    return left[:used], right[:used], found[:used]


@entry(
    "int32[:, ::1](int64[::1], int32[::1], boolean[::1], int32[::1], int64[::1], int32[::1],"
    " int64[::1], int32[::1], int32[::1], UniTuple(int64, 2))",
    counts_references=True,
)
def count_months(
    starts: Int64s,
    orders: Int32s,
    has_others: Bools,
    own: Int32s,
    begins: Int64s,
    held: Int32s,
    pair_starts: Int64s,
    categories: Int32s,
    months: Int32s,
    widths: tuple[int, int],
) -> Int32s:
    """Count the orders of chosen pairs of a source item and a category by month.

    Args:
        starts: As for `count_attached`, as are the next five.
        orders: ...
        has_others: ...
        own: ...
        begins: ...
        held: ...
        pair_starts: Start of each source's pairs, and the end of the last.
        categories: Category of each pair, each once a source.
        months: Number of each order's month.
        widths: Number of categories, number of months.

    Returns:
        A row a pair, a column a month.
    """
    width, month_count = widths
    counts = np.zeros((len(categories), month_count), np.int32)
    pairs = filled(width, -1, np.int64)
    for source in range(len(starts) - 1):
        for pair in range(pair_starts[source], pair_starts[source + 1]):
            pairs[categories[pair]] = pair
        for line in range(starts[source], starts[source + 1]):
            month = months[orders[line]]
            for place in range(begins[orders[line]], begins[orders[line] + 1]):
                pair = pairs[held[place]]
                if pair >= 0 and (held[place] != own[source] or has_others[line]):
                    counts[pair, month] += 1
        for pair in range(pair_starts[source], pair_starts[source + 1]):
            pairs[categories[pair]] = -1
    return counts
