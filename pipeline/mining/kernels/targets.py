"""What the buyers of each viewed item bought: the counts behind `view_then_bought`.

The buyers of each source item (`buyers.py`) are walked; counts stand in an array as long as the
list of items. The best targets are kept, and the buyers walked once more for those who bought any
other.

Memory: four numbers an item, one a purchase, and the rows kept. Time: twice the purchases walked.
"""

from typing import NamedTuple

import numpy as np

from pipeline.mining.baskets import Int32s, Int64s
from pipeline.mining.kernels.buyers import Buyers
from pipeline.mining.kernels.compiled import ONE, entry, inlined

_ITEM = (1 << 32) - 1


class Limits(NamedTuple):
    """How many targets are kept beside the source's own, and what one order weighs."""

    max_targets: int
    weight_unit: int


class Targets(NamedTuple):
    """Listed targets of each source, `max_targets` and its own at most, and what the rest sum to.

    Source `s` has its targets at `s * (max_targets + 1)` and after it; -1 marks places without.
    """

    items: Int32s
    counts: Int64s
    weights: Int64s
    other_counts: Int64s
    other_weights: Int64s


@inlined
def _link(items: Int32s, last: Int64s, bought: Int64s) -> None:
    """Write the item of each purchase, and above 32 bits one more than where it was bought before.

    In one number, as the walk jumps from visitor to visitor. The purchase before may be another
    visitor's: then it lies before all of this one's. `last` has a zero for each item, and -1 in
    the end.
    """
    for at in range(len(items)):
        item = items[at]
        bought[at] = last[item] << 32 | item
        last[item] = at + 1
    for item in range(len(last)):
        last[item] = -1


class Scratch(NamedTuple):
    """What the walk through one source needs, and which places in the order of ids items have.

    `tallies` are the buyers and the weight of each item, side by side, zero between sources.
    """

    tallies: Int64s
    listed_by: Int64s
    touched: Int32s
    places: Int32s


@inlined
def _count_source(source: int, buyers: Buyers, bought: Int64s, scratch: Scratch, unit: int) -> int:
    """Count what the buyers of one source bought; return the number of items touched."""
    # In local names: an array taken out of a tuple inside a loop costs more than its use.
    tallies, touched = scratch.tallies, scratch.touched
    bought_from, bought_last, bought_to = buyers.bought_from, buyers.bought_last, buyers.bought_to
    used = 0
    for buyer in range(buyers.begins[source], buyers.begins[source + 1]):
        first, last, end = bought_from[buyer], bought_last[buyer], bought_to[buyer]
        weight = unit // (end - last)
        for at in range(first, end):
            item = bought[at] & _ITEM
            if bought[at] >> 32 <= first:  # bought for the first time since the view
                if tallies[item, 0] == 0:
                    touched[used] = item
                    used += 1
                tallies[item, 0] += 1
            if at >= last:
                tallies[item, 1] += weight
    return used


@inlined
def _list_source(source: int, own: int, used: int, scratch: Scratch, targets: Targets) -> int:
    """Keep the best targets of one source; return how many touched items are not listed."""
    tallies, touched, places = scratch.tallies, scratch.touched, scratch.places
    width = len(targets.items) // len(targets.other_counts)
    begin, end = source * width, (source + 1) * width
    items, counts = targets.items[begin:end], targets.counts[begin:end]
    weights = targets.weights[begin:end]
    items[0], counts[0], weights[0] = own, tallies[own, 0], tallies[own, 1]
    unlisted, other_weight, kept = used - (counts[0] > 0), -weights[0], ONE
    for place in range(used):
        item = touched[place]
        count, weight = tallies[item, 0], tallies[item, 1]
        tallies[item, 0] = tallies[item, 1] = 0
        other_weight += weight
        # Most are worse than all that are kept: the look at the last one saves a call.
        if item != own and (kept < width or weight >= weights[width - 1]):
            kept = _insert(items, counts, weights, places, kept, item, count, weight)
    for place in range(kept):
        scratch.listed_by[items[place]] = source
    for place in range(1, kept):
        other_weight -= weights[place]
    targets.other_weights[source] = other_weight
    return int(unlisted - (kept - 1))


@inlined
def _insert(
    items: Int32s,
    counts: Int64s,
    weights: Int64s,
    places: Int32s,
    kept: int,
    item: int,
    count: int,
    weight: int,
) -> int:
    """Put an item in its place among the best: by weight, then count, then the order of ids.

    The first place is the source's own. Where there is no room, the last one falls out. Returns
    how many are kept.
    """
    place = kept
    while place > 1:
        other = place - 1
        if weights[other] != weight:
            is_better = weight > weights[other]
        elif counts[other] != count:
            is_better = count > counts[other]
        else:
            is_better = places[item] < places[items[other]]
        if not is_better:
            break
        if place < len(items):
            items[place], counts[place] = items[other], counts[other]
            weights[place] = weights[other]
        place = other
    if place == len(items):
        return kept
    items[place], counts[place], weights[place] = item, count, weight
    return min(kept + 1, len(items))


@inlined
def _count_others(source: int, buyers: Buyers, bought: Int64s, listed_by: Int64s) -> int:
    """Return how many buyers of one source bought an item that is not listed."""
    found = 0
    for buyer in range(buyers.begins[source], buyers.begins[source + 1]):
        for at in range(buyers.bought_from[buyer], buyers.bought_to[buyer]):
            if listed_by[bought[at] & _ITEM] != source:
                found += 1
                break
    return found


@entry(
    "void(UniTuple(int64[::1], 4), int32[::1], int32[::1], int64, int64[::1],"
    " Tuple((int64[:, ::1], int64[::1], int32[::1], int32[::1])),"
    " Tuple((int32[::1], int64[::1], int64[::1], int64[::1], int64[::1])))"
)
def _count(
    places: tuple[Int64s, Int64s, Int64s, Int64s],
    items: Int32s,
    sources: Int32s,
    unit: int,
    bought: Int64s,
    room: tuple[Int64s, Int64s, Int32s, Int32s],
    columns: tuple[Int32s, Int64s, Int64s, Int64s, Int64s],
) -> None:
    """Do the work of `count_targets`.

    Args:
        places: Fields of `Buyers`.
        items: As in `count_targets`.
        sources: The same.
        unit: What an order weighs.
        bought: Room for what `_link` writes.
        room: Fields of `Scratch`, zero at first.
        columns: Fields of `Targets`, -1 and zeros.
    """
    buyers, scratch, targets = Buyers(*places), Scratch(*room), Targets(*columns)
    _link(items, scratch.listed_by, bought)
    for source in range(len(sources)):
        used = _count_source(source, buyers, bought, scratch, unit)
        if _list_source(source, sources[source], used, scratch, targets):
            listed_by = scratch.listed_by
            targets.other_counts[source] = _count_others(source, buyers, bought, listed_by)


def count_targets(
    buyers: Buyers, items: Int32s, sources: Int32s, places: Int32s, limits: Limits
) -> Targets:
    """Count what the buyers of each source bought, and keep the best targets.

    Args:
        buyers: Buyers of each source.
        items: Items of the purchases, by visitor and time; an item once at an instant.
        sources: Item code of each source.
        places: Place of each item code in the order of item ids: breaks ties.
        limits: Targets kept, and what an order weighs.
    """
    length, item_count = len(sources) * (limits.max_targets + 1), len(places)
    targets = Targets(
        np.full(length, -1, np.int32),
        *np.zeros((2, length), np.int64),
        *np.zeros((2, len(sources)), np.int64),
    )
    bought = np.empty(len(items), np.int64)
    scratch = (
        np.zeros((item_count, 2), np.int64),
        np.zeros(item_count, np.int64),
        np.empty(item_count, np.int32),
        places,
    )
    _count((*buyers,), items, sources, limits.weight_unit, bought, scratch, (*targets,))
    return targets
