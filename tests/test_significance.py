"""Significance: hand-worked tables, exact sums of whole numbers, scipy, and R arules."""

from collections.abc import Callable
from fractions import Fraction
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.mining import significance
from tests import reference_significance as reference
from tests.tables import drawn
from tests.test_measures import Counts, counts


def p_values(*rows: Counts) -> list[float]:
    """Return the p-value of each row: joint, left, right and basket count."""
    columns = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
    return list(significance.p_values(*columns))


def corrected(text: str, correct: Any, test_count: int) -> tuple[list[float], list[float]]:
    """Return the drawn results of a correction, and those of ours for the drawn p-values."""
    rows = drawn(text)
    p = np.array([float(row["p"] or 1) for row in rows])
    return [float(row["result"] or 1) for row in rows], correct(p, test_count).tolist()


def test_a_table_worked_by_hand() -> None:
    # Of 10 baskets 4 hold A and 5 hold B; 3 or 4 of those with A hold B:
    # (C(5, 3) C(5, 1) + C(5, 4)) / C(10, 4) = (50 + 5) / 210.
    assert [55 / 210] == pytest.approx(p_values((3, 4, 5, 10)), rel=1e-15)


def test_what_must_be_so_has_a_p_value_of_1() -> None:
    assert [1.0, 1.0, 1.0, 1.0] == p_values(
        (0, 4, 5, 10), (4, 7, 7, 10), (7, 10, 7, 10), (0, 0, 0, 9)
    )


def test_fishers_lady_tasting_tea() -> None:
    # Four of eight cups, all four found: 1 of C(8, 4) ways; three or more: 17 of 70.
    assert [1 / 70, 17 / 70] == pytest.approx(p_values((4, 4, 4, 8), (3, 4, 4, 8)), rel=1e-15)


@given(counts(60))
def test_p_values_are_those_of_whole_numbers(row: Counts) -> None:
    assert float(reference.p_value(*row)) == pytest.approx(p_values(row)[0], rel=1e-12, abs=0)


@given(joint=st.integers(1, 12), left=st.integers(12, 40), more=st.integers(0, 400))
def test_p_values_are_exact_for_large_counts(joint: int, left: int, more: int) -> None:
    # A few of 100 million baskets: the tail by whole numbers of some thousand digits.
    row = (joint, left, left + more, 10**8)
    assert float(reference.p_value(*row)) == pytest.approx(p_values(row)[0], rel=1e-12, abs=0)


@pytest.mark.parametrize(
    "row", [(90, 171, 1_500, 520_000), (2_400, 5_700, 2_800, 8_200), (50, 110, 110, 100_000_000)]
)
def test_tiny_p_values_keep_their_digits(row: Counts) -> None:
    exact = float(reference.p_value(*row))
    assert 0 < exact < 1e-100
    assert exact == pytest.approx(p_values(row)[0], rel=1e-12, abs=0)


def test_a_p_value_below_every_double_is_0() -> None:
    assert p_values((1_000, 1_000, 1_000, 100_000_000)) == [0.0]


@given(counts(10**4))
def test_p_values_are_those_of_scipy(row: Counts) -> None:
    from scipy.stats import fisher_exact

    joint, left, right, n = row
    cells = [[joint, left - joint], [right - joint, n - left - right + joint]]
    expected = fisher_exact(cells, alternative="greater").pvalue
    (found,) = p_values(row)
    assert expected == pytest.approx(found, rel=1e-6, abs=1e-12)


@given(counts())
def test_the_direction_does_not_matter_to_the_last_bit(row: Counts) -> None:
    joint, left, right, n = row
    assert p_values(row) == p_values((joint, right, left, n))


@given(row=counts(10**5))
def test_one_more_basket_together_is_less_likely(row: Counts) -> None:
    joint, left, right, n = row
    more, fewer = p_values(row, (joint - 1, left, right, n))
    assert 0 <= more <= fewer <= 1 + 1e-12


def test_benjamini_and_hochbergs_own_example() -> None:
    # The 15 p-values of their paper of 1995: four are kept at .05, 4 / 15 of .05 is .0133.
    p = [.0001, .0004, .0019, .0095, .0201, .0278, .0298, .0344, .0459, .3240, .4262, .5719,
         .6528, .7590, 1.0]  # fmt: skip
    q = significance.benjamini_hochberg(np.array(p), 15)
    assert [True] * 4 + [False] * 11 == (q <= 0.05).tolist()
    kept_by_holm = significance.holm(np.array(p), 15) <= 0.05
    assert [True] * 3 + [False] * 12 == kept_by_holm.tolist()


def test_q_values_worked_by_hand() -> None:
    # m = 10: 10 p / rank is .01, .10, .0667, .15; the second takes the smaller one after it.
    expected, found = corrected(
        """
        p    | result
        .02  | .066666667
        .001 | .01
        .06  | .15
        .02  | .066666667
        """,
        significance.benjamini_hochberg,
        10,
    )
    assert expected == pytest.approx(found)


def test_holm_worked_by_hand() -> None:
    # m = 10: .001 by 10, .02 by 9, .021 by 8 is .168, but no less than the one before; .06 by 7.
    expected, found = corrected(
        """
        p    | result
        .021 | .18
        .001 | .01
        .06  | .42
        .02  | .18
        """,
        significance.holm,
        10,
    )
    assert expected == pytest.approx(found)


def test_a_layered_budget_worked_by_hand() -> None:
    # 10 items: C(10, 3) = 120 itemsets of three, 3 rules each, 360; at most 4 items a rule.
    # .05 / (4 * 360) = 3.47e-5 is the largest p that stands.
    candidates = significance.rule_candidates(significance.RuleItems(10, 10), 3, 1)
    found = significance.layered(np.array([3.4e-5, 3.5e-5, 0.1]), candidates, 4)
    assert [0.04896, 0.0504, 1.0] == pytest.approx(found.tolist())


@pytest.mark.parametrize("fixed", [set(), {0}, {0, 6}])
@pytest.mark.parametrize("allowed", [0, 1, 3, 7])
@pytest.mark.parametrize("max_right", [1, 2, 3])
@pytest.mark.parametrize("length", [2, 3, 4, 5])
def test_candidates_are_the_cuts_of_every_itemset_each_once(
    length: int, max_right: int, allowed: int, fixed: set[int]
) -> None:
    cuts = {
        frozenset((frozenset(right), frozenset(itemset) - frozenset(right)))
        for itemset in combinations(range(7), length)
        for size in range(1, min(max_right, length - 1) + 1)
        for right in combinations(itemset, size)
        if max(right) < allowed and fixed <= set(itemset)
    }
    fixed_right = len(fixed & set(range(allowed)))
    items = significance.RuleItems(7 - len(fixed), allowed - fixed_right, len(fixed), fixed_right)
    assert len(cuts) == significance.rule_candidates(items, length, max_right)


def some_p_values() -> st.SearchStrategy[list[Fraction]]:
    """Draw p-values with ties."""
    return st.lists(st.integers(0, 40).map(lambda part: Fraction(part, 40)), max_size=12)


@given(p=some_p_values(), others=st.integers(0, 20))
def test_corrections_are_those_of_the_oracle(p: list[Fraction], others: int) -> None:
    m, as_floats = len(p) + others, np.array(p, dtype=np.float64)
    by_oracle = [float(value) for value in reference.benjamini_hochberg(p, m)]
    assert by_oracle == pytest.approx(significance.benjamini_hochberg(as_floats, m).tolist())
    by_oracle = [float(value) for value in reference.holm(p, m)]
    assert by_oracle == pytest.approx(significance.holm(as_floats, m).tolist())


@given(p=some_p_values().filter(len), others=st.integers(0, 20))
def test_q_values_are_those_of_scipy(p: list[Fraction], others: int) -> None:
    from scipy.stats import false_discovery_control

    as_floats = np.array([*p, *[1] * others], dtype=np.float64)
    expected = false_discovery_control(as_floats, method="bh")[: len(p)]
    found = significance.benjamini_hochberg(as_floats[: len(p)], len(as_floats))
    assert expected.tolist() == pytest.approx(found.tolist())


@given(
    p=some_p_values(),
    others=st.integers(0, 20),
    most=st.sampled_from([0.0, 0.05, 0.3, 0.975, 1.0]),
    correct=st.sampled_from([significance.benjamini_hochberg, significance.holm]),
)
def test_p_values_above_a_limit_change_no_q_value_up_to_it(
    p: list[Fraction], others: int, most: float, correct: Callable[..., Any]
) -> None:
    m, every = len(p) + others, np.array(p, dtype=np.float64)
    expected = correct(every, m)
    found = correct(every[every <= most], m)
    assert expected[expected <= most].tolist() == found[found <= most].tolist()


@given(p=some_p_values(), others=st.integers(0, 20), left_out=st.sets(st.integers(0, 11)))
def test_a_test_that_is_left_out_never_helps_another(
    p: list[Fraction], others: int, left_out: set[int]
) -> None:
    m, every = len(p) + others, np.array(p, dtype=np.float64)
    kept = np.array([place not in left_out for place in range(len(p))], dtype=np.bool_)
    for correct in (significance.benjamini_hochberg, significance.holm):
        assert (correct(every[kept], m) >= correct(every, m)[kept] - 1e-12).all()
