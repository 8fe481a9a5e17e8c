"""Count which items customers bought on a later day than another one, and how many days later.

For each source item the customers who bought it are walked from their first such day on, and what
they bought on later days inside the horizon is counted, each item once a customer, in an array as
long as the list of targets.

The gaps of chosen pairs are found from their rarer side. Where that is the target, the first days
of the source's customers are marked once for all such pairs, and the purchases of each target are
compared with the marks of those who made them. Where it is the source, the places of the target's
purchases are marked by customer, and each first day of the source looks for the next of them.

Memory: a few numbers an item, customer and thread, and the pairs found. Time: for each source and
customer the purchases inside the horizon; then for each chosen pair those of its rarer side.
"""

import numpy as np

from pipeline.mining.baskets import Int32s, Int64s
from pipeline.mining.kernels.compiled import entry, inlined
from pipeline.mining.kernels.growing import Found, first_room, up_to, with_room

NEVER = 2**30
"""A day after all others."""

# Where counting stands: the source in hand, how many pairs there are, and how many purchases were
# counted for the source if its pairs wait for room; 0 if not.
SOURCE, USED, SEEN = range(3)

Walked = tuple[Int32s, Int32s, Int64s, Int64s, Int32s, Int64s]
Purchased = tuple[Int32s, Int32s, Int64s, Int32s, Int32s, Int64s]


@inlined
def _count_source(walked: Walked, source: int, counts: Int32s) -> int:
    """Count the customers of each target; return how many purchases there were."""
    lasts, targets, begins, ends, begun, starts = walked
    seen = 0
    for walk in range(starts[source], starts[source + 1]):
        day = begun[walk]
        seen += ends[walk] - begins[walk]
        for at in range(begins[walk], ends[walk]):
            counts[targets[at]] += lasts[at] <= day  # once a customer; no branch to guess wrong
    return seen


@entry(
    "void(Tuple((int32[::1], int32[::1], int64[::1], int64[::1], int32[::1], int64[::1])),"
    " int32[::1], UniTuple(int64, 2), int32[::1], UniTuple(int32[::1], 3), int64[::1])"
)
def _count(
    walked: Walked,
    items: Int32s,
    limits: tuple[int, int],
    counts: Int32s,
    pairs: Found,
    state: Int64s,
) -> None:
    """Go on with the work of `count_followers_of` until all is done or room is short.

    `limits` are without the first source; `counts` holds zeros, or what was counted for the source
    whose pairs wait for room.
    """
    end, min_count = limits
    _, targets, begins, ends, _, starts = walked
    left, right, found = pairs
    source, used, seen = state[SOURCE], state[USED], state[SEEN]
    while source < end:
        if seen == 0:
            seen = _count_source(walked, source, counts)
        if used + min(seen, len(items)) > len(left):
            break
        if seen >= len(items):
            for target in range(len(items)):
                if counts[target] >= min_count and items[target] != source:
                    left[used], right[used], found[used] = source, items[target], counts[target]
                    used += 1
                counts[target] = 0
        else:
            for walk in range(starts[source], starts[source + 1]):  # few: quicker than all targets
                for at in range(begins[walk], ends[walk]):
                    target = targets[at]
                    if counts[target] >= min_count and items[target] != source:
                        left[used], right[used] = source, items[target]
                        found[used] = counts[target]
                        used += 1
                    counts[target] = 0
        source, seen = source + 1, 0
    state[SOURCE], state[USED], state[SEEN] = source, used, seen


def count_followers_of(
    lasts: Int32s,
    targets: Int32s,
    begins: Int64s,
    ends: Int64s,
    begun: Int32s,
    starts: Int64s,
    items: Int32s,
    limits: tuple[int, int, int],
) -> Found:
    """Count the pairs of different items whose source item is in a range.

    Args:
        lasts: For each purchase of a target, by customer and day, the day when the customer last
            bought that item; negative where there is none.
        targets: Target of each such purchase, numbered from 0 on.
        begins: Place of the first of them after each first purchase of a source, source by source.
        ends: Place after the last one that counts.
        begun: Day of each first purchase of a source.
        starts: Start of each source's first purchases, and the end of the last.
        items: Item of each target.
        limits: First source, the one after the last, smallest number of customers, above 0.

    Returns:
        Source items, target items, and the customers of each pair.
    """
    first, end, min_count = limits
    walked = lasts, targets, begins, ends, begun, starts
    counts, pairs = np.zeros(len(items), np.int32), first_room()
    state = np.array([first, 0, 0])
    while state[SOURCE] < end:
        _count(walked, items, (end, min_count), counts, pairs, state)
        wanted = state[USED] + min(state[SEEN], len(items))
        pairs = with_room(pairs, state[USED], wanted)
    return up_to(state[USED], pairs)


@inlined
def _take_quartiles(gaps: Int32s, row: Int64s) -> None:
    """Write the sum of a histogram and the first places that reach its quarters; clear it."""
    total = 0
    for gap in range(len(gaps)):
        total += gaps[gap]
    row[0] = total
    reached, quarter = 0, 1
    for gap in range(len(gaps)):
        reached += gaps[gap]
        while quarter < 4 and reached > 0 and 4 * reached >= quarter * total:
            row[quarter] = gap
            quarter += 1
    for gap in range(len(gaps)):
        gaps[gap] = 0


@entry(
    "void(Tuple((int32[::1], int32[::1], int64[::1], int32[::1], int32[::1], int64[::1])),"
    " int64[::1], int32[::1], int32[::1], int32[::1], int64[:, ::1])"
)
def _by_source(
    walked: Purchased,
    pair_starts: Int64s,
    targets: Int32s,
    gaps: Int32s,
    marks: Int32s,
    rows: Int64s,
) -> None:
    """Do the work of `quartiles_by_source`; `gaps` holds zeros, `marks` `NEVER` a customer."""
    days, customers, places, begun, begun_by, starts = walked
    horizon = len(gaps) - 1
    for source in range(len(starts) - 1):
        if pair_starts[source] == pair_starts[source + 1]:
            continue
        for walk in range(starts[source], starts[source + 1]):
            marks[begun_by[walk]] = begun[walk]
        for pair in range(pair_starts[source], pair_starts[source + 1]):
            last = -1
            for place in range(places[targets[pair]], places[targets[pair] + 1]):
                customer = customers[place]
                gap = days[place] - marks[customer]
                is_next = (gap > 0) & (gap <= horizon) & (customer != last)
                last = customer if is_next else last
                gaps[gap if is_next else 0] += 1  # no branch to guess wrong
            gaps[0] = 0
            _take_quartiles(gaps, rows[pair])
        for walk in range(starts[source], starts[source + 1]):
            marks[begun_by[walk]] = NEVER


def quartiles_by_source(
    days: Int32s,
    customers: Int32s,
    places: Int64s,
    begun: Int32s,
    begun_by: Int32s,
    starts: Int64s,
    pair_starts: Int64s,
    targets: Int32s,
    sizes: tuple[int, int],
    rows: Int64s,
) -> None:
    """Take the quartiles of the gaps of chosen pairs, in days, from the purchases of targets.

    Args:
        days: Day of each purchase, by item, then by customer, then ascending.
        customers: Number of each purchase's customer.
        places: Start of each item's purchases, and the end of the last.
        begun: Days of first purchases, source by source.
        begun_by: Number of their customers.
        starts: Start of each source's first purchases, and the end of the last.
        pair_starts: Start of each source's pairs, and the end of the last.
        targets: Target item of each pair.
        sizes: Longest gap, number of customers.
        rows: Takes a row per pair: customers, lower quartile, median, upper quartile.
    """
    horizon, customer_count = sizes
    gaps, marks = np.zeros(horizon + 1, np.int32), np.full(customer_count, NEVER, np.int32)
    walked = days, customers, places, begun, begun_by, starts
    _by_source(walked, pair_starts, targets, gaps, marks, rows)


@entry(
    "void(Tuple((int32[::1], int32[::1], int64[::1], int32[::1], int32[::1], int64[::1])),"
    " int64[::1], int32[::1], int32[::1], int64[::1], int64[:, ::1])"
)
def _by_target(
    walked: Purchased,
    pair_starts: Int64s,
    sources: Int32s,
    gaps: Int32s,
    marks: Int64s,
    rows: Int64s,
) -> None:
    """Do the work of `quartiles_by_target`; `gaps` holds zeros, `marks` -1 for each customer."""
    days, customers, places, begun, begun_by, starts = walked
    horizon = len(gaps) - 1
    for target in range(len(places) - 1):
        if pair_starts[target] == pair_starts[target + 1]:
            continue
        end = places[target + 1]
        for place in range(end - 1, places[target] - 1, -1):
            marks[customers[place]] = place  # the first one stays
        for pair in range(pair_starts[target], pair_starts[target + 1]):
            for walk in range(starts[sources[pair]], starts[sources[pair] + 1]):
                place = marks[begun_by[walk]]
                if place < 0:
                    continue
                while (
                    place < end
                    and customers[place] == begun_by[walk]
                    and days[place] <= begun[walk]
                ):
                    place += 1
                if place < end and customers[place] == begun_by[walk]:
                    gap = days[place] - begun[walk]
                    gaps[gap if gap <= horizon else 0] += 1
            gaps[0] = 0
            _take_quartiles(gaps, rows[pair])
        for place in range(places[target], end):
            marks[customers[place]] = -1


def quartiles_by_target(
    days: Int32s,
    customers: Int32s,
    places: Int64s,
    begun: Int32s,
    begun_by: Int32s,
    starts: Int64s,
    pair_starts: Int64s,
    sources: Int32s,
    sizes: tuple[int, int],
    rows: Int64s,
) -> None:
    """Take the quartiles of the gaps of chosen pairs, in days, from first purchases of sources.

    Args:
        days: As for `quartiles_by_source`, as are the next five.
        customers: ...
        places: ...
        begun: ...
        begun_by: ...
        starts: ...
        pair_starts: Start of each target's pairs, and the end of the last.
        sources: Source item of each pair.
        sizes: Longest gap, number of customers.
        rows: Takes a row per pair: customers, lower quartile, median, upper quartile.
    """
    horizon, customer_count = sizes
    gaps, marks = np.zeros(horizon + 1, np.int32), np.full(customer_count, -1, np.int64)
    walked = days, customers, places, begun, begun_by, starts
    _by_target(walked, pair_starts, sources, gaps, marks, rows)
