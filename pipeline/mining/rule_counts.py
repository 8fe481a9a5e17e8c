"""Rules as integers: which itemset implies which, with the counts of the 2x2 table."""

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from pipeline.mining.baskets import Bools, Int32s, Int64s
from pipeline.mining.itemsets import Itemsets
from pipeline.mining.thresholds import ROUNDING, at_least, least_parts

if TYPE_CHECKING:
    from pipeline.mining.kernels.levels import Levels


@dataclass(frozen=True)
class RuleCounts:
    """Rules in flat arrays; sides and wholes are row numbers of itemsets.

    Attributes:
        antecedents: Itemset of each left side.
        consequents: Itemset of each right side.
        wholes: Itemset of both sides together.
        antecedent_counts: Baskets with the left side.
        consequent_counts: Baskets with the right side.
        joint_counts: Baskets with both sides.
    """

    antecedents: Int32s
    consequents: Int32s
    wholes: Int32s
    antecedent_counts: Int64s
    consequent_counts: Int64s
    joint_counts: Int64s

    def kept(self, is_kept: Bools) -> "RuleCounts":
        """Return the rules that are marked."""
        if bool(is_kept.all()):
            return self
        return RuleCounts(
            self.antecedents[is_kept],
            self.consequents[is_kept],
            self.wholes[is_kept],
            self.antecedent_counts[is_kept],
            self.consequent_counts[is_kept],
            self.joint_counts[is_kept],
        )


@dataclass(frozen=True)
class Thresholds:
    """Smallest confidence and lift of a rule; a rule that stands exactly on one is kept."""

    min_confidence: float
    min_lift: float
    basket_count: int

    def reached_by(self, rules: RuleCounts) -> Bools:
        """Mark the rules that reach both thresholds."""
        return self.has_confidence(rules) & self.has_lift(rules)

    def has_confidence(self, rules: RuleCounts) -> Bools:
        """Mark the rules that reach the smallest confidence."""
        return at_least((rules.joint_counts,), (rules.antecedent_counts,), self.min_confidence)

    def has_lift(self, rules: RuleCounts) -> Bools:
        """Mark the rules that reach the smallest lift."""
        baskets = np.array([self.basket_count], dtype=np.int64)
        independent = (rules.antecedent_counts, rules.consequent_counts)
        return at_least((rules.joint_counts, baskets), independent, self.min_lift)


@dataclass(frozen=True)
class Sides:
    """What may stand on the right side of a rule.

    Attributes:
        max_size: Largest number of items.
        is_allowed: Whether each item may stand there, by item code; None lets every item.
        is_whole: Whether each itemset may be both sides together, by row; None lets every one.
    """

    max_size: int
    is_allowed: Bools | None = None
    is_whole: Bools | None = None


def count_rules(itemsets: Itemsets, right: Sides, thresholds: Thresholds) -> RuleCounts:
    """Split every itemset into a left and a right side and keep what reaches the thresholds.

    Args:
        itemsets: All itemsets that are frequent, in order; the sides are looked up in them.
        right: What may stand on the right side; nothing else is looked at.
        thresholds: What a rule must reach.

    Returns:
        Rules without an empty side, ordered by antecedent, then consequent: by size, then items.
    """
    sides = _split(itemsets, right, thresholds)
    rules = _with_counts(itemsets, *sides)
    if right.is_whole is not None:
        rules = rules.kept(right.is_whole[rules.wholes])
    return rules.kept(thresholds.has_lift(rules))


def link_itemsets(itemsets: Itemsets) -> "Levels":
    """Return the itemsets as a trie, in which an itemset is found by its items.

    Raises:
        ValueError: The itemsets are out of order, or one of them has a subset that is missing.
    """
    from pipeline.mining.kernels.levels import link_levels

    levels = link_levels(itemsets.items, itemsets.firsts)
    if levels.starts[0] < 0:
        message = "itemsets must stand by size, then items, with all their subsets"
        raise ValueError(message)
    return levels


def _split(
    itemsets: Itemsets, right: Sides, thresholds: Thresholds
) -> tuple[Int32s, Int32s, Int32s]:
    """Return the rows of both sides and of the whole of each rule, in order of the sides.

    Confidence is compared exactly. Lift takes products beyond 64 bits, so the kernel compares it in
    doubles and keeps what comes near; the exact look at what is left follows.
    """
    from pipeline.mining.kernels.splits import Limits, split_itemsets

    levels = link_itemsets(itemsets)
    counts = np.append(np.int64(thresholds.basket_count), itemsets.counts)
    width = int(levels.lasts.max()) + 1
    left, consequent, whole = split_itemsets(
        levels,
        len(itemsets.firsts) - 1,
        Limits(
            counts,
            least_parts(counts, thresholds.min_confidence),
            _nearly_least_lift(thresholds),
        ),
        np.ones(width, np.bool_) if right.is_allowed is None else right.is_allowed,
        right.max_size,
    )
    order = np.argsort(left * np.int64(len(counts)) + consequent)
    return left[order], consequent[order], whole[order]


def _nearly_least_lift(thresholds: Thresholds) -> float:
    least = Fraction(str(thresholds.min_lift)) / max(1, thresholds.basket_count)
    return float(least) * (1 - ROUNDING)


def _with_counts(
    itemsets: Itemsets, antecedents: Int32s, consequents: Int32s, wholes: Int32s
) -> RuleCounts:
    counts = itemsets.counts
    return RuleCounts(
        antecedents,
        consequents,
        wholes,
        counts[antecedents],
        counts[consequents],
        counts[wholes],
    )
