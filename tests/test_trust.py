"""What docs/trust.md says, done again: no false rules beyond the nominal share, and power."""

import importlib
import sys
from typing import Any

import numpy as np
import pytest

from tests.conftest import PROJECT
from tests.shops import shop_engine


def _program() -> Any:
    sys.path.insert(0, str(PROJECT / "bench"))  # as Python does for the program itself
    try:
        return importlib.import_module("trust")
    finally:
        sys.path.pop(0)


trust = _program()


def test_independent_items_give_no_pairs_but_by_chance_the_naive_way_does() -> None:
    found = [trust.false_rules(shop_engine(), seed) for seed in range(3)]
    assert sum(one.also_bought for one in found) == 0
    assert sum(one.association_rules for one in found) == 0
    assert sum(one.naive for one in found) > 0


@pytest.mark.deep
def test_of_twenty_runs_on_independent_items_at_most_one_reports_a_false_rule() -> None:
    found = [trust.false_rules(shop_engine(), seed) for seed in trust.SEEDS]
    assert sum(one.also_bought > 0 for one in found) <= 1
    assert sum(one.association_rules > 0 for one in found) <= 1
    assert sum(one.naive > 0 for one in found) >= 15


def test_a_strong_pair_is_found_and_a_weak_one_is_not() -> None:
    assert trust.power(shop_engine(), share=0.02, lift=5.0) == 1.0
    assert trust.power(shop_engine(), share=0.01, lift=1.25) == 0.0


def test_planted_pairs_have_the_lift_that_was_planted() -> None:
    baskets = trust.planted_baskets(1, 0.05, 2.0)[:, : 2 * trust.PLANTED_PAIRS]
    first, second = baskets[:, ::2], baskets[:, 1::2]
    lift = (first & second).mean(axis=0) / (first.mean(axis=0) * second.mean(axis=0))
    assert np.mean(lift) == pytest.approx(2.0, rel=0.05)
