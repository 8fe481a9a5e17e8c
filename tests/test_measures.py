"""Measures from four counts: hand-worked values, the oracle, scipy, and what must always hold."""

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pipeline.mining.steps import build
from pipeline.names.schema import MEASURES
from tests import reference
from tests.shops import rows_of, shop_engine

NAMES = [measure.name for measure in MEASURES]
NO_CUT = 2**62

Counts = tuple[int, int, int, int]
"""Joint, source, target and basket count."""


def measured(*rows: Counts) -> list[dict[str, float | None]]:
    """Measure one pair per row, each of a source of its own; measures in the rows' order."""
    pairs = [(code, code, "target", *row) for code, row in enumerate(rows)]
    build_measures(pairs, NO_CUT)
    found = rows_of(shop_engine(), "measured_pairs", "source_code", *NAMES)
    return [dict(zip(NAMES, row[1:], strict=True)) for row in found]


def ranked(pairs: list[tuple[Any, ...]], max_targets: int) -> list[tuple[Any, ...]]:
    """Measure pairs and return source, rank and target of those that are kept."""
    build_measures(pairs, max_targets)
    return rows_of(shop_engine(), "measured_pairs", "source_code", "rank", "target_code")


def build_measures(pairs: list[tuple[Any, ...]], max_targets: int) -> None:
    """Load pairs (source, target, rank key, joint, source, target and basket count)."""
    columns = list(zip(*pairs, strict=True))
    names = ["source_code", "target_code", "target_place", "joint_count", "source_count",
             "target_count", "basket_count"]  # fmt: skip
    table = pa.table(dict(zip(names, map(pa.array, columns), strict=True)))
    persons, chances = pa.nulls(len(pairs), pa.int64()), pa.nulls(len(pairs), pa.float64())
    for name, values in (("person_count", persons), ("p_value", chances), ("q_value", chances)):
        table = table.append_column(name, values)
    shop_engine().load("pair_counts", table)
    build(shop_engine(), "measured_pairs", {"max_targets": max_targets})


@st.composite
def counts(draw: st.DrawFn, largest: int = 10**9) -> Counts:
    """Draw counts that a table of two items can have."""
    joint = draw(st.integers(1, largest))
    only_source, only_target, neither = (draw(st.integers(0, largest)) for _ in range(3))
    return (
        joint,
        joint + only_source,
        joint + only_target,
        joint + only_source + only_target + neither,
    )


def test_measures_worked_by_hand() -> None:
    # 100 baskets; A in 40, B in 25, both in 20.
    expected = {
        "support": 0.2,
        "confidence": 0.5,
        "lift": 2.0,
        "leverage": 0.1,
        "conviction": 1.5,  # .75 / .5
        "zhang": 0.1 / 0.12,  # max(.2 * .6, .4 * .05)
        "jaccard": 20 / 45,
        "cosine": 20 / 1000**0.5,
        "kulczynski": 0.65,  # (.5 + .8) / 2
        "imbalance": 15 / 45,
        "confidence_low": 0.3520,
        "confidence_high": 0.6480,
        "lift_low": 1.4080,
        # 2 (20 ln 20/10 + 20 ln 20/30 + 5 ln 5/15 + 55 ln 55/45)
        "log_likelihood": 22.5949,
    }
    (found,) = measured((20, 40, 25, 100))
    assert expected == pytest.approx(found, abs=5e-5)


@pytest.mark.parametrize(
    ("joint", "source", "low"), [(1, 1, 0.207), (50, 100, 0.404), (0, 10, 0.0)]
)
def test_the_lower_wilson_bound_is_the_known_one(joint: int, source: int, low: float) -> None:
    (found,) = measured((joint, source, 100, 1000))
    assert low == pytest.approx(found["confidence_low"], abs=5e-4)


def test_conviction_is_null_at_confidence_1() -> None:
    (found,) = measured((3, 3, 5, 10))
    assert found["confidence"] == 1.0
    assert found["conviction"] is None


def test_zhang_is_0_where_its_denominator_is_0() -> None:
    (found,) = measured((10, 10, 10, 10))
    assert found["zhang"] == 0.0


def test_zhang_is_1_where_the_sides_are_always_and_only_together() -> None:
    (found,) = measured((3, 3, 3, 10))
    assert found["zhang"] == pytest.approx(1.0)


def test_log_likelihood_is_negative_for_a_pair_rarer_than_expected() -> None:
    rarer, independent, more_frequent = measured(
        (10, 40, 50, 100), (20, 40, 50, 100), (30, 40, 50, 100)
    )
    assert rarer["log_likelihood"] == pytest.approx(-17.2609, abs=1e-4)
    assert independent["log_likelihood"] == pytest.approx(0.0, abs=1e-9)
    assert more_frequent["log_likelihood"] == pytest.approx(17.2609, abs=1e-4)


def test_the_best_of_each_source_are_kept_by_lift_low_then_joint_count_then_item_id() -> None:
    pairs = [
        (7, 0, "d", 50, 100, 100, 1000),
        (7, 1, "a", 50, 100, 100, 1000),  # ties with d: the smaller id wins
        (7, 2, "b", 60, 100, 100, 1000),
        (7, 3, "c", 10, 100, 100, 1000),
        (8, 4, "z", 10, 100, 100, 1000),
    ]
    expected = [(7, 1, 2), (7, 2, 1), (7, 3, 0), (8, 1, 4)]
    assert expected == ranked(pairs, 3)


def test_a_small_sample_ranks_below_a_large_one() -> None:
    # 3 of 3 against 60 of 100 is decided by the lower bound, .44 against .50.
    pairs = [(0, 1, "a", 3, 3, 100, 1000), (0, 2, "b", 60, 100, 100, 1000)]
    assert [(0, 1, 2), (0, 2, 1)] == ranked(pairs, NO_CUT)


@given(counts())
def test_measures_are_those_of_the_oracle(row: Counts) -> None:
    joint, source, target, baskets = row
    expected = reference.measures(joint, source, target, baskets)
    (found,) = measured(row)
    # Near independence G2 is a small difference of terms that grow with N, as does rounding.
    slack = 1e-14 * baskets * 40
    assert found.pop("log_likelihood") == pytest.approx(
        expected.pop("log_likelihood"), rel=1e-9, abs=slack
    )
    for name, value in expected.items():
        assert value is None or value == pytest.approx(found[name], rel=1e-9, abs=1e-15), name
    assert (joint == source) == (found["conviction"] is None)


@given(counts(10**5))
def test_log_likelihood_is_that_of_scipy(row: Counts) -> None:
    from scipy.stats import chi2_contingency

    joint, source, target, baskets = row
    cells = [[joint, source - joint], [target - joint, baskets - source - target + joint]]
    assume(source < baskets and target < baskets)
    expected = chi2_contingency(cells, correction=False, lambda_="log-likelihood").statistic
    (found,) = measured(row)
    assert abs(found["log_likelihood"] or 0.0) == pytest.approx(expected, rel=1e-6, abs=1e-6)


@given(counts())
def test_measures_stay_inside_their_bounds(row: Counts) -> None:
    (found,) = measured(row)
    within = {name: value for name, value in found.items() if value is not None}
    for name in ("support", "confidence", "jaccard", "cosine", "kulczynski", "imbalance"):
        assert 0 <= within[name] <= 1 + 1e-12
    assert 0 <= within["confidence_low"] <= within["confidence"] <= 1
    assert within["confidence"] <= within["confidence_high"] + 1e-12
    assert within["confidence_high"] <= 1
    assert -1 - 1e-9 <= within["zhang"] <= 1 + 1e-9
    assert -0.25 - 1e-12 <= within["leverage"] <= 0.25 + 1e-12
    assert within["lift_low"] <= within["lift"]


@given(counts())
def test_symmetric_measures_do_not_depend_on_the_direction(row: Counts) -> None:
    joint, source, target, baskets = row
    forward, backward = measured(row, (joint, target, source, baskets))
    for name in ("support", "lift", "leverage", "jaccard", "cosine", "kulczynski", "imbalance"):
        assert forward[name] == pytest.approx(backward[name], rel=1e-12)
