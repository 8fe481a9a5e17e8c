"""Who bought something after the first view of an item: a row for each visitor and item.

Views are put together by visitor, and the first of each item learns which purchases lie between
it and the end of its horizon: those of one visitor lie side by side in memory.

Memory: two numbers a view, one an item, and the rows found. Time: the views, and two binary
searches among the purchases of the visitor for each first view.
"""

from typing import NamedTuple

import numpy as np

from pipeline.mining.baskets import Int32s, Int64s
from pipeline.mining.kernels.compiled import entry, inlined


class Views(NamedTuple):
    """Views of items in any order: each with its visitor's place, its instant, its horizon's end.

    Instants are microseconds.
    """

    visitors: Int32s
    items: Int32s
    viewed_at: Int64s
    horizon_end: Int64s


class Purchases(NamedTuple):
    """What each visitor bought, by visitor and time; visitor `v` from `begins[v]` on."""

    begins: Int64s
    times: Int64s
    items: Int32s


class Buyers(NamedTuple):
    """The buyers of each source: source `s` has those from `begins[s]` to `begins[s + 1]`.

    Of each: the first of the purchases that count, the first at their last instant, and the one
    after all of them.
    """

    begins: Int64s
    bought_from: Int64s
    bought_last: Int64s
    bought_to: Int64s


@inlined
def _first_after(times: Int64s, low: int, high: int, instant: int) -> int:
    """Return the first place from `low` on, `high` at most, with a time after an instant."""
    while low < high:
        middle = (low + high) // 2
        if times[middle] > instant:
            high = middle
        else:
            low = middle + 1
    return int(low)


@inlined
def _put_together(visitors: Int32s, begins: Int64s, free: Int64s, order: Int64s) -> None:
    """Write the views by visitor, and in `begins`, zeros at first, where those of each begin.

    `free` is scratch as long as `begins`.
    """
    for visitor in visitors:
        begins[visitor + 1] += 1
    for visitor in range(len(begins) - 1):
        begins[visitor + 1] += begins[visitor]
    for visitor in range(len(begins)):
        free[visitor] = begins[visitor]
    for view in range(len(visitors)):
        order[free[visitors[view]]] = view
        free[visitors[view]] += 1


@inlined
def _keep_first(views: Views, order: Int64s, begin: int, end: int, slots: Int64s) -> int:
    """Move the first view of each item to the front of one visitor's views; return their number.

    `slots` says where the view of an item is; what it says of earlier visitors lies before.
    """
    items, viewed_at = views.items, views.viewed_at
    used = begin
    for at in range(begin, end):
        view = order[at]
        slot = slots[items[view]]
        if slot < begin:
            slots[items[view]] = used
            order[used] = view
            used += 1
        elif viewed_at[view] < viewed_at[order[slot]]:
            order[slot] = view
    return used - begin


@entry(
    "int64(Tuple((int32[::1], int32[::1], int64[::1], int64[::1])), int64[::1], int64[::1],"
    " UniTuple(int64[::1], 4), int32[::1], UniTuple(int64[::1], 3))"
)
def _find(
    columns: tuple[Int32s, Int32s, Int64s, Int64s],
    begins: Int64s,
    times: Int64s,
    scratch: tuple[Int64s, Int64s, Int64s, Int64s],
    viewed: Int32s,
    bought: tuple[Int64s, Int64s, Int64s],
) -> int:
    """Do the work of `find_buyers`; return how many rows were found.

    Args:
        columns: Fields of `Views`.
        begins: As in `Purchases`.
        times: The same.
        scratch: For each visitor and the end the first view, 0, and room for one more number;
            for each view its place by visitor; for each item -1.
        viewed: Takes the items; as long as the views.
        bought: Take the places of `Buyers`; the same.
    """
    views = Views(*columns)
    visitors, items, viewed_at, horizon_end = columns
    view_begins, free, order, slots = scratch
    bought_from, bought_last, bought_to = bought
    _put_together(visitors, view_begins, free, order)
    found = 0
    for visitor in range(len(begins) - 1):
        begin = view_begins[visitor]
        count = _keep_first(views, order, begin, view_begins[visitor + 1], slots)
        for view in order[begin : begin + count]:
            first = _first_after(times, begins[visitor], begins[visitor + 1], viewed_at[view])
            end = _first_after(times, first, begins[visitor + 1], horizon_end[view])
            if first == end:
                continue
            last = end - 1
            while last > first and times[last - 1] == times[end - 1]:
                last -= 1
            viewed[found] = items[view]
            bought_from[found], bought_last[found], bought_to[found] = first, last, end
            found += 1
    return found


def find_buyers(
    views: Views, purchases: Purchases, item_count: int
) -> tuple[Int32s, Int64s, Int64s, Int64s]:
    """Return the items of first views that a purchase follows, and the `Buyers` places of each."""
    view_count = len(views.items)
    scratch = (
        np.zeros(len(purchases.begins), np.int64),
        np.empty(len(purchases.begins), np.int64),
        np.empty(view_count, np.int64),
        np.full(item_count, -1, np.int64),
    )
    viewed, bought = np.empty(view_count, np.int32), np.empty((3, view_count), np.int64)
    found = _find((*views,), purchases.begins, purchases.times, scratch, viewed, (*bought,))
    return viewed[:found], bought[0, :found], bought[1, :found], bought[2, :found]
