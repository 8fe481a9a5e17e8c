"""Shares of counts by chance: quick bounds against the exact tail of scipy."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from pipeline.mining.proportions import at_least_by_chance, least_chances


def bound(successes: int, trials: int, share: float) -> float:
    """Return the lower bound of one pair."""
    pair = np.zeros(1, np.int32), np.zeros(1, np.int32), np.array([successes])
    [least] = least_chances(pair, np.array([trials]), np.array([share])).tolist()
    return float(least)


@given(
    trials=st.one_of(st.integers(1, 400), st.integers(10_000, 1_000_000)),
    part=st.floats(0, 1),
    share=st.one_of(st.floats(1e-6, 0.25), st.floats(1e-3, 1)),
)
def test_a_bound_is_never_above_the_chance_itself(trials: int, part: float, share: float) -> None:
    successes = round(part * trials)
    exact = binom.sf(successes - 1, trials, share)
    assert bound(successes, trials, share) <= exact * (1 + 1e-12)


@given(successes=st.integers(2, 100), spare=st.integers(0, 900), share=st.floats(0.001, 0.9))
def test_a_bound_is_near_the_chance_where_that_is_small(
    successes: int, spare: int, share: float
) -> None:
    trials = successes + spare
    exact = binom.sf(successes - 1, trials, share)
    if 1e-200 < exact < 0.01:
        assert 0.8 * exact < bound(successes, trials, share)


def test_the_bounds_of_certainty_and_of_what_is_expected_are_known() -> None:
    assert 1 - 2e-6 < bound(10, 10, 1.0) <= 1
    assert bound(0, 10, 0.3) == 0.5
    assert bound(9, 100, 0.1) == 0.5


def test_chances_are_those_of_another_library() -> None:
    successes = np.array([0, 5, 10, 15, 20, 25, 60, 70])
    share = np.array([0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.6, 0.6])
    chances = at_least_by_chance(successes, np.full(8, 100), share)
    assert np.allclose(binom.sf(successes - 1, 100, share), chances)
