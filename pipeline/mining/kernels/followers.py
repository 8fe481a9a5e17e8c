"""Count which items customers bought on a later day than another one, and how many days later.

For each source item the customers who bought it are walked from their first such day on, and what
they bought on later days inside the horizon is counted, each item once a customer, in an array as
long as the list of items. The gaps of chosen pairs are found the other way round: the first days of
the source's customers are marked once for all of its pairs, and the purchases of each target are
compared with the marks of those who made them.

A step's moment is one number for customer and day: moments of one customer are days apart, those of
two customers further apart than any horizon.

Memory: a few numbers an item, customer and thread, and the pairs found. Time: for each source and
customer the purchases inside the horizon; then for each chosen pair the purchases of its target.
"""

import numpy as np

from pipeline.mining.baskets import Int32s, Int64s
from pipeline.mining.kernels.compiled import entry, inner
from pipeline.mining.kernels.growing import longer32

NEVER = 2**62
"""A moment after all others."""


@entry(
    "Tuple((int32[::1], int32[::1], int32[::1]))"
    "(int64[::1], int32[::1], int64[::1], int64[::1], int64[::1], int64[::1], UniTuple(int64, 3))"
)
def count_followers_of(
    lasts: Int64s,
    items: Int32s,
    begins: Int64s,
    ends: Int64s,
    begun: Int64s,
    starts: Int64s,
    limits: tuple[int, int, int],
) -> tuple[Int32s, Int32s, Int32s]:
    """Count the pairs of different items whose source item is in a range.

    Args:
        lasts: For each purchase of a target, by customer and day, the moment when the customer
            last bought that item; negative where there is none.
        items: Item of each such purchase.
        begins: Place of the first of them after each first purchase of a source, source by source.
        ends: Place after the last one that counts.
        begun: Moment of each first purchase of a source.
        starts: Start of each source's first purchases, and the end of the last.
        limits: First source, the one after the last, smallest number of customers, above 0.

    Returns:
        Source items, target items, and the customers of each pair.
    """
    begin, end, min_count = limits
    width = len(starts) - 1
    counts, touched = np.zeros(width, np.int32), np.empty(width + 1, np.int32)
    left, right, found = np.empty(256, np.int32), np.empty(256, np.int32), np.empty(256, np.int32)
    used = 0
    for source in range(begin, end):
        touched_count = 0
        for walk in range(starts[source], starts[source + 1]):
            moment = begun[walk]
            for at in range(begins[walk], ends[walk]):
                item, is_new = items[at], lasts[at] <= moment  # once a customer
                touched[touched_count] = item  # kept if it is; no branch to guess wrong
                touched_count += is_new & (counts[item] == 0)
                counts[item] += is_new
        if used + touched_count > len(left):
            left = longer32(left, used, used + touched_count)
            right = longer32(right, used, used + touched_count)
            found = longer32(found, used, used + touched_count)
        for place in range(touched_count):
            item = touched[place]
            if counts[item] >= min_count and item != source:
                left[used], right[used], found[used] = source, item, counts[item]
                used += 1
            counts[item] = 0
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
    "int64[:, ::1](int64[::1], int32[::1], int64[::1], int64[::1], int32[::1], int64[::1],"
    " int64[::1], int32[::1], UniTuple(int64, 2))"
)
def gap_quartiles_of(
    moments: Int64s,
    customers: Int32s,
    places: Int64s,
    begun: Int64s,
    begun_by: Int32s,
    starts: Int64s,
    pair_starts: Int64s,
    targets: Int32s,
    sizes: tuple[int, int],
) -> Int64s:
    """Take the quartiles of the gaps of chosen pairs, in days.

    Args:
        moments: Customer and day of each purchase, by item, then ascending.
        customers: Number of each purchase's customer.
        places: Start of each item's purchases, and the end of the last.
        begun: Moments of first purchases, source by source.
        begun_by: Number of their customers.
        starts: Start of each source's first purchases, and the end of the last.
        pair_starts: Start of each source's pairs, and the end of the last.
        targets: Target item of each pair.
        sizes: Longest gap, number of customers.

    Returns:
        A row per pair: customers, lower quartile, median, upper quartile; zeros without customers.
    """
    horizon, customer_count = sizes
    gaps, marks = np.zeros(horizon + 1, np.int32), np.full(customer_count, NEVER, np.int64)
    rows = np.zeros((len(targets), 4), np.int64)
    for source in range(len(starts) - 1):
        if pair_starts[source] == pair_starts[source + 1]:
            continue
        for walk in range(starts[source], starts[source + 1]):
            marks[begun_by[walk]] = begun[walk]
        for pair in range(pair_starts[source], pair_starts[source + 1]):
            last = -1
            for place in range(places[targets[pair]], places[targets[pair] + 1]):
                customer = customers[place]
                gap = moments[place] - marks[customer]
                is_next = (gap > 0) & (gap <= horizon) & (customer != last)
                last = customer if is_next else last
                gaps[gap if is_next else 0] += 1  # no branch to guess wrong
            gaps[0] = 0
            _take_quartiles(gaps, rows[pair])
            for gap in range(horizon + 1):
                gaps[gap] = 0
        for walk in range(starts[source], starts[source + 1]):
            marks[begun_by[walk]] = NEVER
    return rows
