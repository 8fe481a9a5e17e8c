"""Who bought what after what: between customers' steps and the kernels that count followers."""

from dataclasses import dataclass

import numpy as np

from pipeline.mining.baskets import Bools, Int32s, Int64s, order_of, to_offsets
from pipeline.mining.customer_steps import CustomerSteps
from pipeline.mining.keys import is_first
from pipeline.mining.threads import in_threads, parts_of_items


@dataclass(frozen=True)
class Walks:
    """Purchases by customer and day, and where the walk of each source item's buyers begins.

    Attributes:
        item_codes: Item code of each number under which this class knows an item, ascending.
        customers: Number of each purchase's customer, ascending.
        days: Day of each purchase from the first one on, ascending inside a customer.
        items: Number of the item of each purchase.
        gaps: Days since the customer's last purchase of the same item, 0 where it is the first.
        firsts: Places of customers' first purchases, source by source.
        starts: Start of each source's places in `firsts`, and the end of the last.
        horizon: Days after the first purchase in which another one counts.
    """

    item_codes: Int64s
    customers: Int32s
    days: Int32s
    items: Int32s
    gaps: Int32s
    firsts: Int64s
    starts: Int64s
    horizon: int


@dataclass(frozen=True)
class Pairs:
    """Pairs of a source and a target by the numbers of `Walks`, and the customers of each."""

    sources: Int32s
    targets: Int32s
    counts: Int64s

    def taken(self, places: Int64s) -> "Pairs":
        """Return the pairs at some places."""
        return Pairs(self.sources[places], self.targets[places], self.counts[places])


def walks_of(steps: CustomerSteps, is_kept: Bools, last_day: int, horizon: int) -> Walks:
    """Return the purchases of kept items, and first purchases that leave the horizon before as_of.

    Args:
        steps: All purchases.
        is_kept: Whether an item is kept, by item code.
        last_day: Last day whose horizon is over.
        horizon: Days after a first purchase in which another one counts.
    """
    numbers = (np.cumsum(is_kept) - 1).astype(np.int32)
    kept = np.flatnonzero(is_kept[steps.items])
    days, items, gaps = steps.days[kept], numbers[steps.items[kept]], steps.gaps[kept]
    firsts = np.flatnonzero((gaps == 0) & (days <= last_day))
    return Walks(
        item_codes=np.flatnonzero(is_kept),
        customers=steps.customers[kept].astype(np.int32),
        days=(days - (int(days.min()) if len(days) else 0)).astype(np.int32),
        items=items,
        gaps=gaps.astype(np.int32),
        firsts=firsts[order_of(items[firsts])],
        starts=to_offsets(np.bincount(items[firsts], minlength=int(is_kept.sum()))),
        horizon=horizon,
    )


def count_followers(
    walks: Walks, sides: tuple[Bools, Bools], min_count: int, threads: int
) -> Pairs:
    """Count the pairs of different items that enough customers bought one after the other.

    Args:
        walks: Purchases and first purchases.
        sides: Whether an item may be a source, and a target, by its number.
        min_count: Smallest number of customers.
        threads: Any number gives the same pairs in the same order.
    """
    from pipeline.mining.kernels.followers import count_followers_of

    is_source, is_target = sides
    firsts, starts = walks.firsts, walks.starts
    if not is_source.all():
        firsts = firsts[is_source[walks.items[firsts]]]
        starts = to_offsets(np.where(is_source, np.diff(walks.starts), 0))
    seen = np.flatnonzero(is_target[walks.items])
    days, gaps = walks.days[seen], walks.gaps[seen]
    lasts = np.where(gaps == 0, np.int32(-1), days - gaps)
    numbers = (np.cumsum(is_target) - 1).astype(np.int32)
    targets, items = numbers[walks.items[seen]], np.flatnonzero(is_target).astype(np.int32)
    begins, ends = _spans(walks, firsts, seen)
    begun = walks.days[firsts]

    def count_part(part: tuple[int, int]) -> tuple[Int32s, Int32s, Int32s]:
        walked = lasts, targets, begins, ends, begun
        return count_followers_of(*walked, starts, items, (*part, min_count))

    found = in_threads(count_part, parts_of_items(starts, threads), threads)
    sources, others, counts = (np.concatenate(arrays) for arrays in zip(*found, strict=True))
    return Pairs(sources, others, counts.astype(np.int64))


def _spans(walks: Walks, firsts: Int64s, seen: Int64s) -> tuple[Int64s, Int64s]:
    """Return where the seen purchases after each first one begin, and where those in time end."""
    stride = int(walks.days.max(initial=0)) + walks.horizon + 1
    moments = walks.customers.astype(np.int64) * stride + walks.days
    is_new = is_first(moments)
    steps, seen_moments = moments[is_new], moments[seen]
    step_of = (np.cumsum(is_new) - 1)[firsts]
    # Looked up once a customer and day: moments of two customers are further apart than that.
    begins, ends = (
        np.searchsorted(seen_moments, steps + days, side="right")[step_of]
        for days in (0, walks.horizon)
    )
    return begins, ends


def gap_quartiles(walks: Walks, sources: Int64s, targets: Int64s) -> Int64s:
    """Return customers and gap quartiles of chosen pairs.

    A quartile is the smallest gap that a quarter, a half, three quarters of the customers reach.

    Args:
        walks: Purchases and first purchases.
        sources: Source number of each pair.
        targets: Target number of each pair.

    Returns:
        A row per pair: customers, lower quartile, median, upper quartile in days.
    """
    from pipeline.mining.kernels.followers import quartiles_by_source, quartiles_by_target

    counts = np.bincount(walks.items, minlength=len(walks.item_codes))
    by_item, places = order_of(walks.items), to_offsets(counts)
    sizes = walks.horizon, int(walks.customers.max(initial=-1)) + 1
    walked = (
        *(walks.days[by_item], walks.customers[by_item], places),
        *(walks.days[walks.firsts], walks.customers[walks.firsts], walks.starts),
    )
    is_rarer = counts[targets] <= np.diff(walks.starts)[sources]
    rows = np.zeros((len(sources), 4), np.int64)
    for take, is_taken, groups, others in (
        (quartiles_by_source, is_rarer, sources, targets),
        (quartiles_by_target, ~is_rarer, targets, sources),
    ):
        pairs = np.flatnonzero(is_taken)
        pairs = pairs[order_of(groups[pairs].astype(np.int32))]
        begins = to_offsets(np.bincount(groups[pairs], minlength=len(walks.item_codes)))
        found = np.zeros((len(pairs), 4), np.int64)
        take(*walked, begins, others[pairs].astype(np.int32), sizes, found)
        rows[pairs] = found
    return rows
