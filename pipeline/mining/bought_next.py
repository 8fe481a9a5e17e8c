"""Bought this, bought that next: what customers buy on a later day, how much later, and whether
the order of the two is more than chance.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from pipeline.config.family_options import BoughtNext
from pipeline.engine import Engine, Value
from pipeline.mining.baskets import Bools, Floats, Int64s, distinct
from pipeline.mining.customer_steps import CustomerSteps, read_steps
from pipeline.mining.followers import Pairs, Walks, count_followers, gap_quartiles, walks_of
from pipeline.mining.keys import packed
from pipeline.mining.proportions import at_least_by_chance, may_be_below, wilson
from pipeline.mining.significance import benjamini_hochberg
from pipeline.mining.steps import build
from pipeline.mining.threads import thread_count
from pipeline.mining.thresholds import above
from pipeline.mining.window import Window

_NO_SPAN = (
    "nobody's first order leaves max_gap_days before as_of: give a longer lookback_days or a "
    "smaller max_gap_days"
)


@dataclass(frozen=True)
class BoughtNextSummary:
    """What went into `bought_next` and what came out.

    Attributes:
        customer_count: Customers with a sale line in the window.
        giant_customer_count: Customers left out because they bought too many items.
        baseline_count: Customers whose first order leaves the longest gap before as_of.
        source_item_count: Items with enough such first buyers.
        target_item_count: Items that enough customers of the baseline bought later.
        hypothesis_count: Pairs of a source and another target: what q-values correct for.
        joint_pair_count: Of these, pairs of enough customers.
        row_count: Rows of the published table.
        message: Why there can be no rows; None otherwise.
    """

    customer_count: int
    giant_customer_count: int
    baseline_count: int
    source_item_count: int
    target_item_count: int
    hypothesis_count: int
    joint_pair_count: int
    row_count: int
    message: str | None


@dataclass(frozen=True)
class _Baseline:
    """Everybody's first order in place of a source item, with counts by item code.

    Attributes:
        count: Customers whose first order leaves the longest gap before as_of.
        target_counts: Of these, customers who bought the item on a later day within that gap.
        source_counts: Customers whose first purchase of the item leaves that gap.
        is_source: Whether the item has enough such customers.
        is_target: Whether enough customers of the baseline bought the item.
    """

    count: int
    target_counts: Int64s
    source_counts: Int64s
    is_source: Bools
    is_target: Bools

    @property
    def hypothesis_count(self) -> int:
        """Pairs of a source item and another target item."""
        both = int((self.is_source & self.is_target).sum())
        return int(self.is_source.sum()) * int(self.is_target.sum()) - both


def build_bought_next(
    engine: Engine,
    options: BoughtNext,
    window: Window,
    item_level: str,
    *,
    as_of_day: int,
    threads: int = 1,
) -> BoughtNextSummary:
    """Build `bought_next`: from sale lines to one row per source item and target item.

    Args:
        engine: Holds `sale_lines` and `items`.
        options: Longest gap and thresholds.
        window: Sale lines inside it count.
        item_level: What an item is.
        as_of_day: Local day of the window's end, from 1970-01-01; days before it are whole.
        threads: Threads of the kernel; 0 takes every core.

    Returns:
        The counts that the run summary shows.
    """
    steps = read_steps(engine, window, options.max_customer_items)
    last_day = as_of_day - options.max_gap_days - 1
    baseline = _baseline(steps, last_day, options)
    is_kept = baseline.is_source | baseline.is_target
    walks = walks_of(steps, is_kept, last_day, options.max_gap_days)
    pairs = _candidates(walks, baseline, options.min_pair_count, thread_count(threads))
    engine.load("next_pairs", _measured(pairs, walks.item_codes, baseline, options))
    build(engine, "ranked_next", {"max_targets": options.max_targets})
    engine.load("next_gaps", _gaps(engine.fetch("ranked_next"), walks))
    labels: dict[str, Value] = {"item_level": item_level, "max_gap_days": options.max_gap_days}
    row_count = build(engine, "bought_next", {**labels, **window.values})
    engine.drop("next_pairs", "ranked_next", "next_gaps")
    return BoughtNextSummary(
        customer_count=steps.customer_count,
        giant_customer_count=steps.giant_customer_count,
        baseline_count=baseline.count,
        source_item_count=int(baseline.is_source.sum()),
        target_item_count=int(baseline.is_target.sum()),
        hypothesis_count=baseline.hypothesis_count,
        joint_pair_count=len(pairs.counts),
        row_count=row_count,
        message=None if baseline.count else _NO_SPAN,
    )


def _baseline(steps: CustomerSteps, last_day: int, options: BoughtNext) -> _Baseline:
    """Ask of everybody's first order what is asked of a source item.

    Args:
        steps: All purchases.
        last_day: Last day whose longest gap is over at as_of.
        options: Longest gap, and how many customers are enough.
    """
    width = int(steps.items.max(initial=0)) + 1
    first_days = steps.first_days[steps.customers]
    is_later = (steps.days > first_days) & (steps.days <= first_days + options.max_gap_days)
    is_later &= first_days <= last_day
    keys = packed(steps.customers[is_later], steps.items[is_later], width)
    bought = distinct(keys) % width
    is_first = (steps.gaps == 0) & (steps.days <= last_day)
    target_counts = np.bincount(bought, minlength=width)
    source_counts = np.bincount(steps.items[is_first], minlength=width)
    return _Baseline(
        count=int((steps.first_days <= last_day).sum()),
        target_counts=target_counts,
        source_counts=source_counts,
        is_source=source_counts >= options.min_item_count,
        is_target=target_counts >= options.min_item_count,
    )


def _candidates(walks: Walks, baseline: _Baseline, min_count: int, threads: int) -> Pairs:
    """Return the pairs of a source and a target that enough customers bought."""
    is_target = baseline.is_target[walks.item_codes]
    pairs = count_followers(walks, is_target, min_count, threads)
    return pairs.kept(baseline.is_source[walks.item_codes][pairs.sources])


def _measured(
    pairs: Pairs, item_codes: Int64s, baseline: _Baseline, options: BoughtNext
) -> pa.Table:
    """Return the pairs that reach the thresholds with their counts and measures."""
    joint = pairs.counts.astype(np.int64)
    source_counts = baseline.source_counts[item_codes[pairs.sources]]
    target_counts = baseline.target_counts[item_codes[pairs.targets]]
    share = target_counts / max(1, baseline.count)
    everybody = np.full(len(joint), baseline.count)
    p_values, q_values = _tested(
        (joint, source_counts, share), baseline.hypothesis_count, options.max_q_value or 1
    )
    is_kept = above((joint, everybody), (source_counts, target_counts), options.min_lift)
    is_kept &= q_values <= (options.max_q_value or 1)
    kept = np.flatnonzero(is_kept)
    joint, source_counts, target_counts = joint[kept], source_counts[kept], target_counts[kept]
    share = share[kept]
    low, high = wilson(joint, source_counts)
    return pa.table(
        {
            "source_code": item_codes[pairs.sources[kept]],
            "target_code": item_codes[pairs.targets[kept]],
            "joint_count": joint,
            "source_count": source_counts,
            "baseline_target_count": target_counts,
            "baseline_count": everybody[kept],
            "confidence": joint / source_counts,
            "confidence_low": low,
            "confidence_high": high,
            "baseline_share": share,
            "lift": joint / source_counts / share,
            "lift_low": low / share,
            "p_value": p_values[kept],
            "q_value": q_values[kept],
        }
    )


def _tested(
    counts: tuple[Int64s, Int64s, Floats], hypothesis_count: int, most: float
) -> tuple[Floats, Floats]:
    """Return p-values and q-values; where q is above the largest that is asked for, 1 or right.

    A pair whose q-value is small enough has a p-value of at most `most` times the share of pairs
    in hand, so only such p-values are computed and sorted: a fraction of millions.
    """
    joint, source_counts, share = counts
    limit = 1.001 * most * len(joint) / max(1, hypothesis_count)
    at = np.flatnonzero(may_be_below(joint, source_counts, share, 1.0 if most == 1 else limit))
    p_values, q_values = np.ones(len(joint)), np.ones(len(joint))
    p_values[at] = at_least_by_chance(joint[at], source_counts[at], share[at])
    if most < 1:
        at = at[p_values[at] <= limit]
    q_values[at] = benjamini_hochberg(p_values[at], hypothesis_count)
    return p_values, q_values


def _gaps(ranked: pa.Table, walks: Walks) -> pa.Table:
    """Return gaps, and counts of the opposite direction, for the pairs that are published."""
    width = len(walks.item_codes) + 1
    sources, targets = (
        np.searchsorted(walks.item_codes, ranked[name].to_numpy())
        for name in ("source_code", "target_code")
    )
    forward, backward = sources * width + targets, targets * width + sources
    both = distinct(np.concatenate([forward, backward]))
    rows = gap_quartiles(walks, both // width, both % width)
    gaps = rows[np.searchsorted(both, forward)]
    reverse_counts = rows[np.searchsorted(both, backward), 0]
    trials = gaps[:, 0] + reverse_counts
    return pa.table(
        {
            "source_code": ranked["source_code"],
            "target_code": ranked["target_code"],
            "reverse_count": reverse_counts,
            "direction_p_value": at_least_by_chance(gaps[:, 0], trials, np.full(len(gaps), 0.5)),
            "gap_lower_days": gaps[:, 1],
            "gap_median_days": gaps[:, 2],
            "gap_upper_days": gaps[:, 3],
        }
    )
