"""Count which items customers bought on a later day than another one, and how many days later.

For each source item the customers who bought it are walked from their first such day on, and what
they bought on later days inside the horizon is counted, each item once a customer, in arrays as
long as the list of items. A second walk looks at chosen pairs only and takes quartiles of the gaps.

A step's moment is one number for customer and day: moments of one customer are days apart, those of
two customers further apart than any horizon, so that a walk ends where the customer ends.

Memory: a few numbers an item and thread, and the pairs found. Time: for each source and customer
the purchases inside the horizon, twice.
"""

import numpy as np

from pipeline.mining.baskets import Int32s, Int64s
from pipeline.mining.kernels.compiled import entry, inner
from pipeline.mining.kernels.growing import longer32

COUNT, SLOT, LAST_WALK = 0, 0, 1


@inner
def _next_day(moments: Int64s, at: int) -> int:
    """Return the place of the first purchase after a moment, the end where there is none."""
    moment = moments[at]
    while at < len(moments) and moments[at] == moment:
        at += 1
    return int(at)


@entry(
    "Tuple((int32[::1], int32[::1], int32[::1]))"
    "(int64[::1], int32[::1], int64[::1], int64[::1], int64[::1], UniTuple(int64, 3))"
)
def count_followers_of(
    moments: Int64s,
    items: Int32s,
    begins: Int64s,
    untils: Int64s,
    starts: Int64s,
    limits: tuple[int, int, int],
) -> tuple[Int32s, Int32s, Int32s]:
    """Count the pairs of different items whose source item is in a range.

    Args:
        moments: Customer and day of each purchase of a target, ascending.
        items: Item of each such purchase.
        begins: Place of the first of them after each first purchase of a source, source by source.
        untils: Moment up to which they count.
        starts: Start of each source's first purchases, and the end of the last.
        limits: First source, the one after the last, smallest number of customers.

    Returns:
        Source items, target items, and the customers of each pair.
    """
    begin, end, min_count = limits
    width = len(starts) - 1
    cells, touched = np.zeros((width, 2), np.int32), np.empty(width, np.int32)
    left, right, found = np.empty(256, np.int32), np.empty(256, np.int32), np.empty(256, np.int32)
    used = 0
    for source in range(begin, end):
        touched_count = 0
        for walk in range(starts[source], starts[source + 1]):
            at, until, number = begins[walk], untils[walk], walk - starts[source] + 1
            while at < len(moments) and moments[at] <= until:
                item = items[at]
                if cells[item, LAST_WALK] != number:
                    cells[item, LAST_WALK] = number
                    if cells[item, COUNT] == 0:
                        touched[touched_count] = item
                        touched_count += 1
                    cells[item, COUNT] += 1
                at += 1
        if used + touched_count > len(left):
            left = longer32(left, used, used + touched_count)
            right = longer32(right, used, used + touched_count)
            found = longer32(found, used, used + touched_count)
        for place in range(touched_count):
            item = touched[place]
            if cells[item, COUNT] >= min_count and item != source:
                left[used], right[used], found[used] = source, item, cells[item, COUNT]
                used += 1
            cells[item, COUNT] = cells[item, LAST_WALK] = 0
    return left[:used], right[:used], found[:used]


@inner
def _take_quartiles(gaps: Int32s, row: Int64s) -> None:
    """Write the sum of a histogram and the first places that reach its quarters."""
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


@entry(
    "int64[:, ::1](int64[::1], int32[::1], int64[::1], int64[::1], int64[::1], int32[::1], int64)"
)
def gap_quartiles_of(
    moments: Int64s,
    items: Int32s,
    firsts: Int64s,
    starts: Int64s,
    pair_starts: Int64s,
    targets: Int32s,
    horizon: int,
) -> Int64s:
    """Take the quartiles of the gaps of chosen pairs, in days.

    Args:
        moments: Customer and day of each purchase, ascending.
        items: Item of each purchase.
        firsts: Places of first purchases, source by source.
        starts: Start of each source's places, and the end of the last.
        pair_starts: Start of each source's pairs, and the end of the last.
        targets: Target item of each pair, each once a source.
        horizon: Longest gap.

    Returns:
        A row per pair: customers, lower quartile, median, upper quartile; zeros without customers.
    """
    width, most = len(starts) - 1, 0
    for source in range(width):
        most = max(most, pair_starts[source + 1] - pair_starts[source])
    gaps = np.zeros((most, horizon + 1), np.int32)
    cells = np.zeros((width, 2), np.int32)  # slots from 1 on
    rows = np.zeros((len(targets), 4), np.int64)
    for source in range(width):
        begin, end = pair_starts[source], pair_starts[source + 1]
        if begin == end:
            continue
        for pair in range(begin, end):
            cells[targets[pair], SLOT] = pair - begin + 1
        for walk in range(starts[source], starts[source + 1]):
            moment, number = moments[firsts[walk]], walk - starts[source] + 1
            at = _next_day(moments, firsts[walk])
            while at < len(moments) and moments[at] <= moment + horizon:
                item = items[at]
                if cells[item, SLOT] > 0 and cells[item, LAST_WALK] != number:
                    cells[item, LAST_WALK] = number
                    gaps[cells[item, SLOT] - 1, moments[at] - moment] += 1
                at += 1
        for pair in range(begin, end):
            cells[targets[pair], SLOT] = cells[targets[pair], LAST_WALK] = 0
            _take_quartiles(gaps[pair - begin], rows[pair])
            for gap in range(horizon + 1):
                gaps[pair - begin, gap] = 0
    return rows
