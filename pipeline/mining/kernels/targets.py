"""What the buyers of each viewed item bought: the counts behind `view_then_bought`.

For each source item its viewers are walked, and for each the purchases between the first view and
the end of the horizon; counts stand in arrays as long as the list of items.
Then the best targets are kept, and the buyers are walked once more for those who bought any other.

Memory: two numbers an item, and the rows kept. Time: twice the purchases walked.
"""

from typing import NamedTuple

import numpy as np

from pipeline.mining.baskets import Int32s, Int64s
from pipeline.mining.kernels.compiled import entry, inner


class FirstViews(NamedTuple):
    """The first views of each source item by visitors who ever bought, put together by source.

    Source `s` has the views `begins[s]` to `begins[s + 1]`. Of each: the place of its visitor in
    `Purchases`, its instant, and the end of the horizon (microseconds). Who ordered after the view
    and inside the horizon is a buyer.
    """

    begins: Int64s
    visitors: Int32s
    first_at: Int64s
    horizon_end: Int64s


class Purchases(NamedTuple):
    """What each visitor bought, by visitor and time; visitor `v` from `begins[v]` on."""

    begins: Int64s
    times: Int64s
    items: Int32s


class Limits(NamedTuple):
    """How many targets are kept beside the source's own, and what one order weighs."""

    max_targets: int
    weight_unit: int


class Targets(NamedTuple):
    """Listed targets of each source, `max_targets` and its own at most, and what the rest sum to.

    `buyer_counts` are the buyers of anything.

    Source `s` has its targets at `s * (max_targets + 1)` and after it; -1 marks places without.
    """

    items: Int32s
    counts: Int64s
    weights: Int64s
    other_counts: Int64s
    other_weights: Int64s
    buyer_counts: Int64s


@inner
def _is_better(left: int, right: int, counts: Int64s, weights: Int64s, places: Int32s) -> bool:
    """Tell whether an item ranks before another: weight, then count, then the order of ids."""
    if weights[left] != weights[right]:
        return bool(weights[left] > weights[right])
    if counts[left] != counts[right]:
        return bool(counts[left] > counts[right])
    return bool(places[left] < places[right])


@inner
def _insert(
    kept: Int32s, used: int, item: int, counts: Int64s, weights: Int64s, places: Int32s
) -> int:
    """Put an item in its place among the best; the last one falls out where there is no room."""
    place = used
    if used == len(kept):
        if used == 0 or not _is_better(item, kept[used - 1], counts, weights, places):
            return used
        place = used - 1
    while place > 0 and _is_better(item, kept[place - 1], counts, weights, places):
        kept[place] = kept[place - 1]
        place -= 1
    kept[place] = item
    return min(used + 1, len(kept))


class Scratch(NamedTuple):
    """Arrays as long as the list of items; `counts` and `weights` are zero between sources.

    But `bought_from` and `bought_to` are as long as the views of one source: which purchases of
    its visitor count for each.
    """

    counts: Int64s
    weights: Int64s
    last_buyer: Int64s
    listed_by: Int64s
    touched: Int32s
    places: Int32s
    bought_from: Int64s
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
def _find_purchases(source: int, views: FirstViews, purchases: Purchases, scratch: Scratch) -> int:
    """Find what each viewer of one source bought inside the horizon; return how many bought."""
    times, begins = purchases.times, purchases.begins
    low, found = views.begins[source], 0
    for view in range(low, views.begins[source + 1]):
        visitor = views.visitors[view]
        end = begins[visitor + 1]
        first = _first_after(times, begins[visitor], end, views.first_at[view])
        last = _first_after(times, first, end, views.horizon_end[view])
        scratch.bought_from[view - low], scratch.bought_to[view - low] = first, last
        found += last > first
    return int(found)


@inner
def _count_source(view_count: int, purchases: Purchases, scratch: Scratch, unit: int) -> int:
    """Count what the buyers of one source bought; return the number of items touched."""
    # In local names: an array taken out of a tuple inside a loop costs more than its use.
    times, items = purchases.times, purchases.items
    counts, weights, touched = scratch.counts, scratch.weights, scratch.touched
    last_buyer, bought_from, bought_to = scratch.last_buyer, scratch.bought_from, scratch.bought_to
    used = 0
    for view in range(view_count):
        first, end = bought_from[view], bought_to[view]
        if first == end:
            continue
        last = end - 1
        while last > first and times[last - 1] == times[end - 1]:
            last -= 1
        weight = unit // (end - last)
        for at in range(first, end):
            item = items[at]
            if last_buyer[item] != view:
                last_buyer[item] = view
                if counts[item] == 0:
                    touched[used] = item
                    used += 1
                counts[item] += 1
            if at >= last:
                weights[item] += weight
    for place in range(used):
        last_buyer[touched[place]] = -1
    return used


@inner
def _list_source(source: int, own: int, used: int, scratch: Scratch, targets: Targets) -> int:
    """Keep the best targets of one source; return how many touched items are not listed."""
    counts, weights, touched = scratch.counts, scratch.weights, scratch.touched
    places, listed_by = scratch.places, scratch.listed_by
    width = len(targets.items) // len(targets.other_counts)
    row = targets.items[source * width : (source + 1) * width]
    row[0] = own
    others, kept = row[1:], 0
    for place in range(used):
        if touched[place] != own:
            kept = _insert(others, kept, touched[place], counts, weights, places)
    for place in range(kept + 1):
        listed_by[row[place]] = source
        targets.counts[source * width + place] = counts[row[place]]
        targets.weights[source * width + place] = weights[row[place]]
    unlisted, other_weight = 0, 0
    for place in range(used):
        item = touched[place]
        if listed_by[item] != source:
            unlisted += 1
            other_weight += weights[item]
        counts[item] = 0
        weights[item] = 0
    targets.other_weights[source] = other_weight
    return unlisted


@inner
def _count_others(source: int, view_count: int, purchases: Purchases, scratch: Scratch) -> int:
    """Return how many buyers of one source bought an item that is not listed."""
    items, listed_by = purchases.items, scratch.listed_by
    found = 0
    for view in range(view_count):
        for at in range(scratch.bought_from[view], scratch.bought_to[view]):
            if listed_by[items[at]] != source:
                found += 1
                break
    return found


_SIGNATURE = (
    "Tuple((int32[::1], int64[::1], int64[::1], int64[::1], int64[::1], int64[::1]))("
    "int64[::1], int32[::1], int64[::1], int64[::1], "
    "int64[::1], int64[::1], int32[::1], int32[::1], int32[::1], int64, int64)"
)


@entry(_SIGNATURE)
def _count(
    view_begins: Int64s,
    visitors: Int32s,
    first_at: Int64s,
    horizon_end: Int64s,
    purchase_begins: Int64s,
    times: Int64s,
    items: Int32s,
    sources: Int32s,
    places: Int32s,
    max_targets: int,
    unit: int,
) -> tuple[Int32s, Int64s, Int64s, Int64s, Int64s, Int64s]:
    views = FirstViews(view_begins, visitors, first_at, horizon_end)
    purchases = Purchases(purchase_begins, times, items)
    room, item_count = len(sources) * (max_targets + 1), len(places)
    most_views = np.max(np.append(np.diff(view_begins), 0))
    targets = Targets(
        np.full(room, np.int32(-1), np.int32),
        np.zeros(room, np.int64),
        np.zeros(room, np.int64),
        np.zeros(len(sources), np.int64),
        np.zeros(len(sources), np.int64),
        np.zeros(len(sources), np.int64),
    )
    scratch = Scratch(
        np.zeros(item_count, np.int64),
        np.zeros(item_count, np.int64),
        np.full(item_count, -1, np.int64),
        np.full(item_count, -1, np.int64),
        np.empty(item_count, np.int32),
        places,
        np.empty(most_views, np.int64),
        np.empty(most_views, np.int64),
    )
    for source in range(len(sources)):
        view_count = view_begins[source + 1] - view_begins[source]
        targets.buyer_counts[source] = _find_purchases(source, views, purchases, scratch)
        used = _count_source(view_count, purchases, scratch, unit)
        if _list_source(source, sources[source], used, scratch, targets):
            targets.other_counts[source] = _count_others(source, view_count, purchases, scratch)
    return (
        targets.items,
        targets.counts,
        targets.weights,
        targets.other_counts,
        targets.other_weights,
        targets.buyer_counts,
    )


def count_targets(
    views: FirstViews, purchases: Purchases, sources: Int32s, places: Int32s, limits: Limits
) -> Targets:
    """Count what the buyers of each source bought, and keep the best targets.

    Args:
        views: First views of each source.
        purchases: Purchases of each visitor, by rising time; an item once at an instant.
        sources: Item code of each source.
        places: Place of each item code in the order of item ids: breaks ties.
        limits: Targets kept, and what an order weighs.
    """
    return Targets(*_count(*views, *purchases, sources, places, *limits))
