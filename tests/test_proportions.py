"""Shares of counts by chance: quick bounds against the exact tail of scipy."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from pipeline.mining.proportions import at_least_by_chance, may_be_below


@given(
    trials=st.integers(1, 400),
    part=st.floats(0, 1),
    share=st.one_of(st.floats(1e-6, 0.25), st.floats(1e-3, 1)),
    limit=st.sampled_from([1e-12, 1e-4, 0.004, 0.05, 0.4, 0.6, 1.0]),
)
def test_a_chance_below_the_limit_is_never_ruled_out(
    trials: int, part: float, share: float, limit: float
) -> None:
    successes = round(part * trials)
    arrays = np.array([successes]), np.array([trials]), np.array([share])
    if binom.sf(successes - 1, trials, share) <= limit:
        assert may_be_below(*arrays, limit).tolist() == [True]


def test_what_is_expected_or_little_more_is_ruled_out() -> None:
    successes = np.array([5, 10, 15, 20, 25, 60, 70])
    share = np.array([0.1, 0.1, 0.1, 0.1, 0.1, 0.6, 0.6])
    trials = np.full(7, 100)
    expected = [False, False, False, True, True, False, True]
    assert expected == may_be_below(successes, trials, share, 0.01).tolist()
    chances = at_least_by_chance(successes, trials, share)
    assert np.allclose(binom.sf(successes - 1, trials, share), chances)
