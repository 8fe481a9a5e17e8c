"""Rules as integers: which itemset implies which, with the counts of the 2x2 table."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from pipeline.mining.baskets import Bools, Int32s, Int64s
from pipeline.mining.itemsets import Itemsets
from pipeline.mining.thresholds import at_least


@dataclass(frozen=True)
class RuleCounts:
    """Rules in flat arrays; both sides are row numbers of itemsets.

    Attributes:
        antecedents: Itemset of each left side.
        consequents: Itemset of each right side.
        antecedent_counts: Baskets with the left side.
        consequent_counts: Baskets with the right side.
        joint_counts: Baskets with both sides.
    """

    antecedents: Int64s
    consequents: Int64s
    antecedent_counts: Int64s
    consequent_counts: Int64s
    joint_counts: Int64s

    def kept(self, is_kept: Bools) -> "RuleCounts":
        """Return the rules that are marked."""
        return RuleCounts(*(column[is_kept] for column in self.columns))

    @property
    def columns(self) -> tuple[Int64s, ...]:
        """The five arrays in the order of the attributes."""
        return (
            self.antecedents,
            self.consequents,
            self.antecedent_counts,
            self.consequent_counts,
            self.joint_counts,
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


def count_rules(itemsets: Itemsets, max_consequent_size: int, thresholds: Thresholds) -> RuleCounts:
    """Split every itemset into a left and a right side and keep what reaches the thresholds.

    Args:
        itemsets: All itemsets that are frequent, in order; the sides are looked up in them.
        max_consequent_size: Largest number of items on the right side.
        thresholds: What a rule must reach.

    Returns:
        Rules without an empty side, ordered by antecedent, then consequent: by size, then items.
    """
    blocks = [
        block.kept(thresholds.reached_by(block)) for block in _splits(itemsets, max_consequent_size)
    ]
    if not blocks:
        return RuleCounts(*[np.zeros(0, dtype=np.int64)] * 5)
    columns = zip(*(block.columns for block in blocks), strict=True)
    rules = RuleCounts(*(np.concatenate(column) for column in columns))
    order = np.lexsort((rules.consequents, rules.antecedents))
    return RuleCounts(*(column[order] for column in rules.columns))


def _splits(itemsets: Itemsets, max_consequent_size: int) -> Iterator[RuleCounts]:
    """Yield the rules of one itemset size and one choice of columns at a time."""
    rows_of = _Rows(itemsets)
    for size in range(2, int(itemsets.sizes.max(initial=0)) + 1):
        for right_size in range(1, min(max_consequent_size, size - 1) + 1):
            for right in combinations(range(size), right_size):
                yield _split(itemsets, rows_of, size, right)


def _split(itemsets: Itemsets, rows_of: "_Rows", size: int, right: tuple[int, ...]) -> RuleCounts:
    matrix = itemsets.of_size(size)
    left = [column for column in range(size) if column not in right]
    antecedents = rows_of(matrix[:, left])
    consequents = rows_of(matrix[:, right])
    return RuleCounts(
        antecedents,
        consequents,
        itemsets.counts[antecedents],
        itemsets.counts[consequents],
        itemsets.counts[itemsets.rows_of_size(size)],
    )


class _Rows:
    """Finds the row numbers of itemsets by their items.

    Every prefix of a frequent itemset is frequent, so an itemset is known by the row of its
    prefix and its last item, one integer; these ascend with the rows of one size.
    """

    def __init__(self, itemsets: Itemsets) -> None:
        self._width = int(itemsets.items.max(initial=0)) + 1
        self._keys: list[Int64s] = []
        self._starts: list[int] = []
        for size in range(1, int(itemsets.sizes.max(initial=0)) + 1):
            matrix = itemsets.of_size(size)
            prefixes = self(matrix[:, :-1])
            self._keys.append(prefixes * self._width + matrix[:, -1])
            self._starts.append(itemsets.rows_of_size(size).start)

    def __call__(self, matrix: Int32s) -> Int64s:
        """Return the row number of each itemset of a matrix."""
        rows = np.zeros(len(matrix), dtype=np.int64)
        for column, keys, start in zip(matrix.T, self._keys, self._starts, strict=False):
            rows = start + np.searchsorted(keys, rows * self._width + column)
        return rows
