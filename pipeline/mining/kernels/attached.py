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
from pipeline.mining.kernels.compiled import entry
from pipeline.mining.kernels.growing import Found, first_room, up_to, with_room

# Where counting stands: the source in hand, and how many pairs there are.
SOURCE, USED = range(2)

Walked = tuple[Int64s, Int32s, Bools, Int32s, Int64s, Int32s]


@entry("void(int64[::1], int32[::1], int32[::1], int32[::1], int64[::1], boolean[::1])")
def _hold(
    starts: Int64s,
    of_lines: Int32s,
    counts: Int32s,
    found: Int32s,
    begins: Int64s,
    has_others: Bools,
) -> None:
    """Do the work of `hold_categories`; `counts` holds a zero for each category."""
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
    found, begins = np.empty(len(of_lines), np.int32), np.empty(len(starts), np.int64)
    has_others = np.zeros(len(of_lines), np.bool_)
    _hold(starts, of_lines, np.zeros(width, np.int32), found, begins, has_others)
    return found[: begins[-1]], begins, has_others


@entry(
    "void(Tuple((int64[::1], int32[::1], boolean[::1], int32[::1], int64[::1], int32[::1])), int64,"
    " int32[::1], UniTuple(int32[::1], 3), int64[::1])"
)
def _count(
    walked: Walked,
    min_count: int,
    counts: Int32s,
    pairs: Found,
    state: Int64s,
) -> None:
    """Go on with the work of `count_attached` until all is done or room is short.

    `counts` holds a zero for each category, between calls as well.
    """
    starts, orders, has_others, own, begins, held = walked
    left, right, found = pairs
    source, used, width = state[SOURCE], state[USED], len(counts)
    while source < len(starts) - 1 and used + width <= len(left):
        for line in range(starts[source], starts[source + 1]):
            for place in range(begins[orders[line]], begins[orders[line] + 1]):
                counts[held[place]] += 1
            if own[source] >= 0 and not has_others[line]:
                counts[own[source]] -= 1  # it is the source itself that holds it
        for category in range(width):
            if counts[category] >= min_count:
                left[used], right[used], found[used] = source, category, counts[category]
                used += 1
            counts[category] = 0
        source += 1
    state[SOURCE], state[USED] = source, used


def count_attached(
    starts: Int64s,
    orders: Int32s,
    has_others: Bools,
    own: Int32s,
    begins: Int64s,
    held: Int32s,
    width: int,
    min_count: int,
) -> Found:
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
    walked = starts, orders, has_others, own, begins, held
    counts, pairs = np.zeros(width, np.int32), first_room()
    state = np.zeros(2, np.int64)
    while state[SOURCE] < len(starts) - 1:
        pairs = with_room(pairs, state[USED], state[USED] + width)
        _count(walked, min_count, counts, pairs, state)
    return up_to(state[USED], pairs)


@entry(
    "void(Tuple((int64[::1], int32[::1], boolean[::1], int32[::1], int64[::1], int32[::1])),"
    " int64[::1], int32[::1], int32[::1], int64[::1], int32[:, ::1])"
)
def _count_months(
    walked: Walked,
    pair_starts: Int64s,
    categories: Int32s,
    months: Int32s,
    pairs: Int64s,
    counts: Int32s,
) -> None:
    """Do the work of `count_months`; `pairs` holds -1 for each category, `counts` zeros."""
    starts, orders, has_others, own, begins, held = walked
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
    walked = starts, orders, has_others, own, begins, held
    pairs, counts = np.full(width, -1, np.int64), np.zeros((len(categories), month_count), np.int32)
    _count_months(walked, pair_starts, categories, months, pairs, counts)
    return counts
