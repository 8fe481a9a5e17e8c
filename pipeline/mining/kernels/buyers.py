"""Who bought something after the first view of an item: a row for each visitor and item.

Views are put together by visitor, and the first of each item learns which purchases lie between
it and the end of its horizon: those of one visitor lie side by side in memory.

Memory: two numbers a view, one an item, and the rows found. Time: the views, and two binary
searches among the purchases of the visitor for each first view.
"""

from typing import NamedTuple

import numpy as np

from pipeline.mining.baskets import Int32s, Int64s
from pipeline.mining.kernels.compiled import entry, inner
from pipeline.mining.kernels.growing import filled


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


@inner
def _first_after(times: Int64s, low: int, high: int, instant: int) -> int:
    """Return the first place from `low` on, `high` at most, with a time after an instant."""
    while low < high:
        middle = (low + high) // 2
        if times[middle] > instant:
            high = middle
        else:
            low = middle + 1
    return int(low)


@inner
def _by_visitor(visitors: Int32s, begins: Int64s) -> Int64s:
    """Fill `begins` with where the views of each visitor begin; return the views put together."""
    for visitor in visitors:
        begins[visitor + 1] += 1
    for visitor in range(len(begins) - 1):
        begins[visitor + 1] += begins[visitor]
    order, free = np.empty(len(visitors), np.int64), begins.copy()
    for view in range(len(visitors)):
        order[free[visitors[view]]] = view
        free[visitors[view]] += 1
    return order


@inner
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
    "Tuple((int32[::1], int64[::1], int64[::1], int64[::1]))("
    "int32[::1], int32[::1], int64[::1], int64[::1], int64[::1], int64[::1], int64)",
    counts_references=True,
)
def _found(
    visitors: Int32s,
    items: Int32s,
    viewed_at: Int64s,
    horizon_end: Int64s,
    begins: Int64s,
    times: Int64s,
    item_count: int,
) -> tuple[Int32s, Int64s, Int64s, Int64s]:
    views = Views(visitors, items, viewed_at, horizon_end)
    view_begins = np.zeros(len(begins), np.int64)
    order = _by_visitor(visitors, view_begins)
    slots = filled(item_count, -1, np.int64)
    viewed = np.empty(len(items), np.int32)
    bought_from = np.empty(len(items), np.int64)
    bought_last = np.empty(len(items), np.int64)
    bought_to = np.empty(len(items), np.int64)
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
    return viewed[:found], bought_from[:found], bought_last[:found], bought_to[:found]


def find_buyers(
    views: Views, purchases: Purchases, item_count: int
) -> tuple[Int32s, Int64s, Int64s, Int64s]:
    """Return the items of first views that a purchase follows, and the `Buyers` places of each."""
    found: tuple[Int32s, Int64s, Int64s, Int64s]
    found = _found(*views, purchases.begins, purchases.times, item_count)
    return found
