"""Bought this, bought that next: what customers buy on a later day, how much later, and whether
the order of the two is more than chance.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from pipeline.config.family_options import BoughtNext
from pipeline.engine import Engine, Value
from pipeline.mining.baskets import Bools, Floats, Int64s, distinct
from pipeline.mining.best_rows import best_rows
from pipeline.mining.customer_steps import CustomerSteps, read_steps
from pipeline.mining.followers import Pairs, Walks, count_followers, gap_quartiles, walks_of
from pipeline.mining.item_groups import id_places, read_item_ids
from pipeline.mining.keys import packed
from pipeline.mining.proportions import at_least_by_chance, least_chances, wilson
from pipeline.mining.significance import benjamini_hochberg
from pipeline.mining.steps import build
from pipeline.mining.threads import thread_count
from pipeline.mining.thresholds import above
from pipeline.mining.window import Window

_NO_SPAN = (
    "nobody's first order leaves max_gap_days before as_of: give a longer lookback_days or a "
    "smaller max_gap_days"
)
_SLACK = 1.001
"""Factor by which a limit for p-values is raised, so that rounding leaves none of them out."""
_NEARLY = 0.98
"""Share of the pairs in hand that another look at their bounds has to leave."""


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


@dataclass(frozen=True)
class _Odds:
    """What chance says of the items of `Walks`, by their number.

    Attributes:
        item_codes: Code of each item.
        source_counts: Customers whose first purchase of the item leaves the longest gap.
        target_counts: Customers of the baseline who bought the item.
        baseline_count: All customers of the baseline.
        hypothesis_count: Pairs of a source item and another target item.
    """

    item_codes: Int64s
    source_counts: Int64s
    target_counts: Int64s
    baseline_count: int
    hypothesis_count: int

    @classmethod
    def of(cls, baseline: _Baseline, item_codes: Int64s) -> "_Odds":
        """Return what the baseline says of some items."""
        counts = baseline.source_counts[item_codes], baseline.target_counts[item_codes]
        return cls(item_codes, *counts, baseline.count, baseline.hypothesis_count)

    @property
    def shares(self) -> Floats:
        """Share of the customers of the baseline who bought the item."""
        shares: Floats = self.target_counts / max(1, self.baseline_count)
        return shares


@dataclass(frozen=True)
class _BestPairs:
    """The pairs that are published, source by source, with their ranks and tests."""

    pairs: Pairs
    ranks: Int64s
    p_values: Floats
    q_values: Floats


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
    odds = _Odds.of(baseline, walks.item_codes)
    best = _best(engine, pairs, odds, options)
    engine.load("next_pairs", _measured(best, odds, walks))
    labels: dict[str, Value] = {"item_level": item_level, "max_gap_days": options.max_gap_days}
    row_count = build(engine, "bought_next", {**labels, **window.values})
    engine.drop("next_pairs")
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
    sides = baseline.is_source[walks.item_codes], baseline.is_target[walks.item_codes]
    return count_followers(walks, sides, min_count, threads)


def _best(engine: Engine, pairs: Pairs, odds: _Odds, options: BoughtNext) -> _BestPairs:
    """Return the best targets of each source, of the pairs that reach the thresholds."""
    kept, p_values, q_values = _significant(pairs, odds, options.max_q_value or 1)
    pairs = pairs.taken(kept)
    expected = odds.source_counts[pairs.sources], odds.target_counts[pairs.targets]
    everybody = np.full(len(kept), odds.baseline_count)
    lifted = np.flatnonzero(above((pairs.counts, everybody), expected, options.min_lift))
    pairs = pairs.taken(lifted)
    low, _ = wilson(pairs.counts, odds.source_counts[pairs.sources])
    ties = (
        -pairs.counts,
        id_places(read_item_ids(engine).take(pa.array(odds.item_codes)))[pairs.targets],
    )
    scores = low / odds.shares[pairs.targets]
    best, ranks = best_rows(pairs.sources, scores, ties, options.max_targets)
    tests = (values[lifted[best]] for values in (p_values, q_values))
    return _BestPairs(pairs.taken(best), ranks, *tests)


def _significant(pairs: Pairs, odds: _Odds, most: float) -> tuple[Int64s, Floats, Floats]:
    """Return the places of pairs whose q-value is at most a limit, their p-values and q-values."""
    at = np.arange(len(pairs.counts))
    if most < 1:
        numbers = pairs.sources, pairs.targets, pairs.counts
        least = least_chances(numbers, odds.source_counts, odds.shares)
        at = _promising(least, odds.hypothesis_count, most)
    trials = odds.source_counts[pairs.sources[at]]
    p_values = at_least_by_chance(pairs.counts[at], trials, odds.shares[pairs.targets[at]])
    q_values = benjamini_hochberg(p_values, odds.hypothesis_count)
    kept = np.flatnonzero(q_values <= most)
    return at[kept], p_values[kept], q_values[kept]


def _promising(least: Floats, hypothesis_count: int, most: float) -> Int64s:
    """Return the places of p-values that Benjamini and Hochberg can keep, from lower bounds.

    What they keep is at most `most` times the share of hypotheses that are no larger. Of these
    there are no more than bounds no larger, which is asked again as long as it leaves fewer.
    """
    places, left = np.arange(len(least)), 0.0
    while left < _NEARLY:
        count = len(places)
        limit = _SLACK * most * count / max(1, hypothesis_count)
        places = places[least[places] <= limit]
        left = len(places) / max(1, count) if count else 1.0
    return places


def _measured(best: _BestPairs, odds: _Odds, walks: Walks) -> pa.Table:
    """Return the published pairs with their counts, measures and gaps."""
    pairs, share = best.pairs, odds.shares[best.pairs.targets]
    joint, source_counts = pairs.counts, odds.source_counts[pairs.sources]
    low, high = wilson(joint, source_counts)
    return pa.table(
        {
            "source_code": odds.item_codes[pairs.sources],
            "target_code": odds.item_codes[pairs.targets],
            "rank": best.ranks,
            "joint_count": joint,
            "source_count": source_counts,
            "baseline_target_count": odds.target_counts[pairs.targets],
            "baseline_count": np.full(len(joint), odds.baseline_count),
            "confidence": joint / source_counts,
            "confidence_low": low,
            "confidence_high": high,
            "baseline_share": share,
            "lift": joint / source_counts / share,
            "lift_low": low / share,
            "p_value": best.p_values,
            "q_value": best.q_values,
            **_gaps(pairs, walks),
        }
    )


def _gaps(pairs: Pairs, walks: Walks) -> dict[str, Int64s | Floats]:
    """Return gaps, and counts of the opposite direction, as columns."""
    width = len(walks.item_codes) + 1
    forward = pairs.sources.astype(np.int64) * width + pairs.targets
    backward = pairs.targets.astype(np.int64) * width + pairs.sources
    both = distinct(np.concatenate([forward, backward]))
    rows = gap_quartiles(walks, both // width, both % width)
    gaps = rows[np.searchsorted(both, forward)]
    reverse_counts = rows[np.searchsorted(both, backward), 0]
    trials = gaps[:, 0] + reverse_counts
    return {
        "reverse_count": reverse_counts,
        "direction_p_value": at_least_by_chance(gaps[:, 0], trials, np.full(len(gaps), 0.5)),
        "gap_lower_days": gaps[:, 1],
        "gap_median_days": gaps[:, 2],
        "gap_upper_days": gaps[:, 3],
    }
