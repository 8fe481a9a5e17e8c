"""What the buyers of each viewed item bought: the counts behind `view_then_bought`.

For each source item its buyers are walked, and for each buyer the purchases between the first
view and the last order inside the horizon; counts stand in arrays as long as the list of items.
Then the best targets are kept, and the buyers are walked once more for those who bought any other.

Memory: two numbers an item, and the rows kept. Time: twice the purchases walked.
"""

from typing import NamedTuple

import numpy as np

from pipeline.mining.baskets import Int32s, Int64s
from pipeline.mining.kernels.compiled import entry, inner


class Buyers(NamedTuple):
    """The buyers of each source item, put together by source.

    Source `s` has the buyers `begins[s]` to `begins[s + 1]`. Of each: its place in `Purchases`,
    the first view, the last order inside the horizon (microseconds), and what an item of that
    order weighs.
    """

    begins: Int64s
    visitors: Int64s
    first_at: Int64s
    last_at: Int64s
    weights: Int64s


class Purchases(NamedTuple):
    """What each visitor bought, by visitor and time; visitor `v` from `begins[v]` on."""

    begins: Int64s
    times: Int64s
    items: Int32s


class Targets(NamedTuple):
    """Listed targets of each source, `max_targets` and its own at most, and what the rest sum to.

    Source `s` has its targets at `s * (max_targets + 1)` and after it; -1 marks places without.
    """

    items: Int32s
    counts: Int64s
    weights: Int64s
    other_counts: Int64s
    other_weights: Int64s


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
    """Arrays as long as the list of items; `counts` and `weights` are zero between sources."""

    counts: Int64s
    weights: Int64s
    last_buyer: Int64s
    listed_by: Int64s
    touched: Int32s
    places: Int32s


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
def _count_source(source: int, buyers: Buyers, purchases: Purchases, scratch: Scratch) -> int:
    """Count what the buyers of one source bought; return the number of items touched."""
    # In local names: an array taken out of a tuple inside a loop costs more than its use.
    times, items, begins = purchases.times, purchases.items, purchases.begins
    counts, weights, touched = scratch.counts, scratch.weights, scratch.touched
    last_buyer = scratch.last_buyer
    used = 0
    for buyer in range(buyers.begins[source], buyers.begins[source + 1]):
        visitor, last = buyers.visitors[buyer], buyers.last_at[buyer]
        first = _first_after(times, begins[visitor], begins[visitor + 1], buyers.first_at[buyer])
        for at in range(first, begins[visitor + 1]):
            if times[at] > last:
                break
            item = items[at]
            if last_buyer[item] != buyer:
                last_buyer[item] = buyer
                if counts[item] == 0:
                    touched[used] = item
                    used += 1
                counts[item] += 1
            if times[at] == last:
                weights[item] += buyers.weights[buyer]
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
def _count_others(source: int, buyers: Buyers, purchases: Purchases, listed_by: Int64s) -> int:
    """Return how many buyers of one source bought an item that is not listed."""
    times, items, begins = purchases.times, purchases.items, purchases.begins
    found = 0
    for buyer in range(buyers.begins[source], buyers.begins[source + 1]):
        visitor, last = buyers.visitors[buyer], buyers.last_at[buyer]
        first = _first_after(times, begins[visitor], begins[visitor + 1], buyers.first_at[buyer])
        for at in range(first, begins[visitor + 1]):
            if times[at] > last:
                break
            if listed_by[items[at]] != source:
                found += 1
                break
    return found


_SIGNATURE = (
    "Tuple((int32[::1], int64[::1], int64[::1], int64[::1], int64[::1]))("
    "int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], "
    "int64[::1], int64[::1], int32[::1], int32[::1], int32[::1], int64)"
)


@entry(_SIGNATURE)
def _count(
    buyer_begins: Int64s,
    visitors: Int64s,
    first_at: Int64s,
    last_at: Int64s,
    weights: Int64s,
    purchase_begins: Int64s,
    times: Int64s,
    items: Int32s,
    sources: Int32s,
    places: Int32s,
    max_targets: int,
) -> tuple[Int32s, Int64s, Int64s, Int64s, Int64s]:
    buyers = Buyers(buyer_begins, visitors, first_at, last_at, weights)
    purchases = Purchases(purchase_begins, times, items)
    room, item_count = len(sources) * (max_targets + 1), len(places)
    targets = Targets(
        np.full(room, np.int32(-1), np.int32),
        np.zeros(room, np.int64),
        np.zeros(room, np.int64),
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
    )
    for source in range(len(sources)):
        used = _count_source(source, buyers, purchases, scratch)
        if _list_source(source, sources[source], used, scratch, targets):
            targets.other_counts[source] = _count_others(
                source, buyers, purchases, scratch.listed_by
            )
    return (
        targets.items,
        targets.counts,
        targets.weights,
        targets.other_counts,
        targets.other_weights,
    )


def count_targets(
    buyers: Buyers, purchases: Purchases, sources: Int32s, places: Int32s, max_targets: int
) -> Targets:
    """Count what the buyers of each source bought, and keep the best targets.

    Args:
        buyers: Buyers of each source.
        purchases: Purchases of each visitor, by rising time; an item once at an instant.
        sources: Item code of each source.
        places: Place of each item code in the order of item ids: breaks ties.
        max_targets: Targets kept beside the source's own.
    """
    return Targets(*_count(*buyers, *purchases, sources, places, max_targets))
