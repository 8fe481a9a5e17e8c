"""Could it be chance? Fisher's test of a 2x2 table, and corrections for testing many of them.

A correction asks for the number of tests, which is counted before anything is known of how often
items stand together: m is the number of candidates, found together or not. What a threshold on
joint count, lift or persons left out keeps its place among the m with a p-value of 1. Such a
p-value is never smaller than the true one, so that the corrections hold what they promise, and they
hold it for the rows that can be published: had the others their own p-values, many of them found
could carry doubtful rows over the line and then not be shown. Where no threshold leaves anything
out, q-values are the textbook's over all m; otherwise they are never smaller.

Source: R. A. Fisher, Statistical Methods for Research Workers, 1934; Y. Benjamini and Y. Hochberg,
Controlling the false discovery rate, 1995; S. Holm, A simple sequentially rejective multiple test
procedure, 1979; G. I. Webb, Layered critical values, 2008.
"""

from math import comb
from typing import NamedTuple

import numpy as np

from pipeline.config.section import Correction
from pipeline.mining.baskets import Floats, Int64s

_MOST_TESTS = 10**300
"""A number of tests that a double holds; no p-value could allow for more."""


def p_values(joint: Int64s, left: Int64s, right: Int64s, baskets: Int64s | int) -> Floats:
    """Return the chance to find the sides together so often or more often, were they independent.

    P(X >= n_AB), X hypergeometric: Fisher's exact test, one-sided. Right to a relative 1e-12 down
    to 1e-300; what is below 5e-324 is 0. Both directions of a pair give the same bits.

    Args:
        joint: Baskets with both sides, one row a test.
        left: Baskets with the left side.
        right: Baskets with the right side.
        baskets: All baskets, the same for all tests or one row a test.

    Example:
        Of 10 baskets 4 hold A and 5 hold B. All 4 with A hold B: C(5, 4) of C(10, 4) ways.

        >>> p_values(np.array([4]), np.array([4]), np.array([5]), 10).round(6).tolist()
        [0.02381]
    """
    from pipeline.mining.kernels.fisher import upper_tails

    columns = np.broadcast_arrays(joint, left, right, baskets)
    return upper_tails(*(np.array(column, dtype=np.int64) for column in columns))


def benjamini_hochberg(p: Floats, test_count: int) -> Floats:
    """Return q-values: keep what is at most alpha, and alpha of what is kept is false on average.

    q of the i-th smallest is the least of m p_j / j over j >= i.

    Args:
        p: P-values that are known, in any order; the rest of the m are 1.
        test_count: The m tests.

    Example:
        >>> benjamini_hochberg(np.array([0.01, 0.04, 0.03]), 4).tolist()
        [0.04, 0.05333333333333334, 0.05333333333333334]
    """
    order = np.argsort(p)
    scaled = p[order] * test_count / np.arange(1, len(p) + 1)
    return _in_place(np.minimum.accumulate(scaled[::-1])[::-1], order)


def holm(p: Floats, test_count: int) -> Floats:
    """Return adjusted p-values: with chance 1 - alpha nothing false is at most alpha.

    That of the i-th smallest is the greatest of (m - j + 1) p_j over j <= i.

    Args:
        p: P-values that are known, in any order; the rest of the m are 1.
        test_count: The m tests.

    Example:
        >>> holm(np.array([0.01, 0.04, 0.03]), 4).tolist()
        [0.04, 0.09, 0.09]
    """
    order = np.argsort(p)
    scaled = p[order] * (test_count - np.arange(len(p)))
    return _in_place(np.maximum.accumulate(scaled), order)


def corrected(p: Floats, test_count: int, correction: Correction) -> Floats:
    """Return the q-values of the correction that is asked for."""
    correct = {"benjamini_hochberg": benjamini_hochberg, "holm": holm}[correction]
    return correct(p, test_count)


def _in_place(values: Floats, order: np.typing.NDArray[np.intp]) -> Floats:
    adjusted = np.empty(len(order))
    adjusted[order] = np.minimum(values, 1.0)
    return adjusted


def layered(p: Floats, candidate_count: int, max_length: int) -> Floats:
    """Return p-values adjusted by the budget of their length: alpha / max_length for all of it.

    A rule of a length stands if p <= alpha / (max_length * candidates of that length), so one
    length, however many candidates it has, cannot use up the error of the others.

    Args:
        p: P-values of rules of one length.
        candidate_count: Rules of that length that the frequent items can form.
        max_length: Largest number of items of a rule.
    """
    return np.minimum(p * float(min(candidate_count * max_length, _MOST_TESTS)), 1.0)


class RuleItems(NamedTuple):
    """How many items rules are made of, and how many of these may stand on the right.

    Attributes:
        free: Items that a rule may hold or not.
        free_right: Of these, items that may stand on the right.
        fixed: Items that every rule holds.
        fixed_right: Of these, items that may stand on the right.
    """

    free: int
    free_right: int
    fixed: int = 0
    fixed_right: int = 0

    def rights(self, size: int, length: int) -> int:
        """Return how many rules of a length have a right side of a size."""
        rest = length - self.fixed
        return sum(
            comb(self.fixed_right, size - free)
            * comb(self.free_right, free)
            * comb(self.free - free, rest - free)
            for free in range(min(size, rest, self.free) + 1)
        )


def rule_candidates(items: RuleItems, length: int, max_right: int) -> int:
    """Return how many tests the rules of a length are: ways to cut an itemset in two, each once.

    A -> B and B -> A are one test: cuts whose both sides may stand on the right count once. Of
    three items there are 3 a set, of four items 4, and 3 more where two may stand on the right.

    Args:
        items: What rules are made of.
        length: Number of items of a rule.
        max_right: Largest number of items on the right.

    Example:
        >>> any_item, one_right = RuleItems(10, 10), RuleItems(10, 1)
        >>> [rule_candidates(any_item, 2, 1), rule_candidates(any_item, 3, 1)]
        [45, 360]
        >>> [rule_candidates(any_item, 4, 2), rule_candidates(one_right, 2, 1)]
        [1470, 9]
    """
    sizes = range(1, min(max_right, length - 1) + 1)
    rules = sum(items.rights(size, length) for size in sizes)
    if items.fixed_right < items.fixed:
        return rules
    only_right = items._replace(free=items.free_right)
    return rules - sum(only_right.rights(n, length) for n in sizes if length - n <= max_right) // 2
