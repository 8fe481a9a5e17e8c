"""Who bought what after what: between customers' steps and the kernel that counts followers."""

from dataclasses import dataclass

import numpy as np

from pipeline.mining.baskets import Bools, Int32s, Int64s, order_of, to_offsets
from pipeline.mining.customer_steps import CustomerSteps
from pipeline.mining.threads import in_threads, parts_of_items


@dataclass(frozen=True)
class Walks:
    """Purchases by customer and day, and where the walk of each source item's buyers begins.

    Attributes:
        item_codes: Item code of each number under which this class knows an item, ascending.
        moments: Customer and day of each purchase in one number, ascending; those of two customers
            are further apart than the horizon.
        items: Number of the item of each purchase.
        gaps: Days since the customer's last purchase of the same item, 0 where it is the first.
        firsts: Places of customers' first purchases, source by source.
        starts: Start of each source's places in `firsts`, and the end of the last.
        horizon: Days after the first purchase in which another one counts.
        stride: Moments from one customer to the next.
    """

    item_codes: Int64s
    moments: Int64s
    items: Int32s
    gaps: Int32s
    firsts: Int64s
    starts: Int64s
    horizon: int
    stride: int


@dataclass(frozen=True)
class Pairs:
    """Pairs of a source and a target by the numbers of `Walks`, and the customers of each."""

    sources: Int32s
    targets: Int32s
    counts: Int64s

    def kept(self, is_kept: Bools) -> "Pairs":
        """Return the marked pairs."""
        return Pairs(self.sources[is_kept], self.targets[is_kept], self.counts[is_kept])


def walks_of(steps: CustomerSteps, is_kept: Bools, last_day: int, horizon: int) -> Walks:
    """Return the purchases of kept items, and first purchases that leave the horizon before as_of.

    Args:
        steps: All purchases.
        is_kept: Whether an item is kept, by item code.
        last_day: Last day whose horizon is over.
        horizon: Days after a first purchase in which another one counts.
    """
    numbers = np.cumsum(is_kept) - 1
    kept = is_kept[steps.items]
    days, items = steps.days[kept], numbers[steps.items[kept]].astype(np.int32)
    first_day = int(days.min()) if len(days) else 0
    stride = (int(days.max()) - first_day if len(days) else 0) + horizon + 1
    gaps = steps.gaps[kept].astype(np.int32)
    firsts = np.flatnonzero((gaps == 0) & (days <= last_day))
    return Walks(
        item_codes=np.flatnonzero(is_kept),
        moments=steps.customers[kept] * stride + (days - first_day),
        items=items,
        gaps=gaps,
        firsts=firsts[order_of(items[firsts])],
        starts=to_offsets(np.bincount(items[firsts], minlength=int(is_kept.sum()))),
        horizon=horizon,
        stride=stride,
    )


def count_followers(walks: Walks, is_target: Bools, min_count: int, threads: int) -> Pairs:
    """Count the pairs of different items that enough customers bought one after the other.

    Args:
        walks: Purchases and first purchases.
        is_target: Whether an item may be a target, by its number: others are walked past unseen.
        min_count: Smallest number of customers.
        threads: Any number gives the same pairs in the same order.
    """
    from pipeline.mining.kernels.followers import count_followers_of

    is_seen = is_target[walks.items]
    moments, items, gaps = walks.moments[is_seen], walks.items[is_seen], walks.gaps[is_seen]
    begun = walks.moments[walks.firsts]
    # Looked up in the order of time, which is far quicker than source by source.
    begins, ends = (
        np.searchsorted(moments, walks.moments + days, side="right")[walks.firsts]
        for days in (0, walks.horizon)
    )
    lasts = np.where(gaps == 0, -1, moments - gaps)
    del is_seen, moments, gaps

    def count_part(part: tuple[int, int]) -> tuple[Int32s, Int32s, Int32s]:
        walked = lasts, items, begins, ends, begun
        return count_followers_of(*walked, walks.starts, (*part, min_count))

    found = in_threads(count_part, parts_of_items(walks.starts, threads), threads)
    sources, targets, counts = (np.concatenate(arrays) for arrays in zip(*found, strict=True))
    return Pairs(sources, targets, counts.astype(np.int64))


def gap_quartiles(walks: Walks, sources: Int64s, targets: Int64s) -> Int64s:
    """Return customers and gap quartiles of chosen pairs.

    A quartile is the smallest gap that a quarter, a half, three quarters of the customers reach.

    Args:
        walks: Purchases and first purchases.
        sources: Source number of each pair; the pairs are distinct and ascend.
        targets: Target number of each pair.

    Returns:
        A row per pair: customers, lower quartile, median, upper quartile in days.
    """
    from pipeline.mining.kernels.followers import gap_quartiles_of

    begins = np.searchsorted(sources, np.arange(len(walks.item_codes) + 1))
    by_item = order_of(walks.items)
    customers = (walks.moments // walks.stride).astype(np.int32)
    places = to_offsets(np.bincount(walks.items, minlength=len(walks.item_codes)))
    sizes = walks.horizon, int(customers.max(initial=-1)) + 1
    return gap_quartiles_of(
        *(walks.moments[by_item], customers[by_item], places),
        *(walks.moments[walks.firsts], customers[walks.firsts], walks.starts),
        *(begins, targets.astype(np.int32), sizes),
    )
