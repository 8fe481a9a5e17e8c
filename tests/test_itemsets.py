"""Itemsets: both miners against the oracle, other people's counts, and the memory they need."""

from itertools import pairwise
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config.mining_options import Mining
from pipeline.mining.baskets import Baskets, gather_baskets, keep_frequent_items
from pipeline.mining.itemsets import Itemsets, mine_itemsets
from pipeline.mining.thresholds import effective_min_count
from tests import reference
from tests.datasets import baskets_of_rows, coded, read_fimi, read_groceries

Algorithm = Literal["fpgrowth", "apriori"]
ALGORITHMS = get_args(Algorithm)
ANY_SIZE = 99

FIVE_BASKETS = [{"a", "b", "c"}, {"a", "b"}, {"a", "c"}, {"b"}, {"a", "b", "c", "d"}]


def as_dictionary(itemsets: Itemsets, names: list[str]) -> dict[tuple[str, ...], int]:
    """Return itemsets of names with their counts; a repeated itemset fails."""
    bounds = pairwise(itemsets.offsets.tolist())
    rows = [tuple(names[item] for item in itemsets.items[start:end]) for start, end in bounds]
    assert len(rows) == len(set(rows))
    return dict(zip(rows, itemsets.counts.tolist(), strict=True))


def mined(
    baskets: list[set[str]], min_count: int, max_size: int, algorithm: Algorithm
) -> dict[tuple[str, ...], int]:
    """Mine baskets of names."""
    coded_baskets, names = coded(baskets)
    return as_dictionary(mine_itemsets(coded_baskets, min_count, max_size, algorithm), names)


def options(min_support: float, **changes: object) -> Mining:
    """Options without a limit to the size of itemsets."""
    values = {"min_support": min_support, "max_itemset_size": ANY_SIZE, **changes}
    return Mining.model_validate(values)


def count_itemsets(baskets: Baskets, min_support: float, algorithm: Algorithm) -> int:
    """Return how many itemsets reach a share of the baskets."""
    min_count = effective_min_count(options(min_support), baskets.basket_count)
    return len(mine_itemsets(baskets, min_count, ANY_SIZE, algorithm).counts)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_five_baskets_worked_by_hand(algorithm: Algorithm) -> None:
    expected = {
        ("a",): 4, ("b",): 4, ("c",): 3,
        ("a", "b"): 3, ("a", "c"): 3, ("b", "c"): 2,
        ("a", "b", "c"): 2,
    }  # fmt: skip
    assert expected == mined(FIVE_BASKETS, 2, ANY_SIZE, algorithm)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_itemsets_are_no_larger_than_asked(algorithm: Algorithm) -> None:
    sizes = {len(itemset) for itemset in mined(FIVE_BASKETS, 1, 2, algorithm)}
    assert sizes == {1, 2}


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_an_item_in_every_basket_keeps_its_itemsets(algorithm: Algorithm) -> None:
    baskets = [{"a", "b"}, {"a", "b"}, {"a", "b", "c"}]
    expected = {("a",): 3, ("b",): 3, ("a", "b"): 3}
    assert expected == mined(baskets, 3, ANY_SIZE, algorithm)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_nothing_is_found_above_the_highest_count(algorithm: Algorithm) -> None:
    assert mined(FIVE_BASKETS, 5, ANY_SIZE, algorithm) == {}


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_no_baskets_give_no_itemsets(algorithm: Algorithm) -> None:
    assert len(mine_itemsets(baskets_of_rows([]), 1, ANY_SIZE, algorithm).counts) == 0


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_itemsets_stand_in_order_of_size_then_items(algorithm: Algorithm) -> None:
    found = list(mined(FIVE_BASKETS, 1, ANY_SIZE, algorithm))
    assert found == sorted(found, key=lambda itemset: (len(itemset), itemset))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@given(
    baskets=st.lists(st.sets(st.sampled_from("abcdefg"), min_size=1), max_size=16),
    min_count=st.integers(1, 6),
    max_size=st.integers(1, 7),
)
def test_miners_find_what_the_oracle_finds(
    algorithm: Algorithm, baskets: list[set[str]], min_count: int, max_size: int
) -> None:
    expected = reference.itemsets(baskets, min_count, max_size)
    assert expected == mined(baskets, min_count, max_size, algorithm)


def test_an_item_counts_once_per_basket() -> None:
    baskets = baskets_of_rows([[3, 1, 3, 3], [3]])
    assert [1, 3, 3] == baskets.item_codes.tolist()
    assert baskets.item_counts.tolist() == [0, 1, 0, 2]


def test_giant_baskets_are_left_out_and_counted_by_distinct_items() -> None:
    baskets = baskets_of_rows([[0, 1, 2], [0, 1, 1, 1], [2]], max_basket_items=2)
    assert baskets.giant_basket_count == 1
    assert baskets.basket_count == 2


def test_baskets_that_lose_every_item_stay_in_the_number_of_baskets() -> None:
    frequent, item_codes = keep_frequent_items(baskets_of_rows([[5], [7, 8], [7]]), 2)
    assert item_codes.tolist() == [7]
    assert frequent.basket_offsets.tolist() == [0, 0, 1, 2]


def test_frequent_items_are_numbered_by_falling_count_then_by_old_code() -> None:
    _, item_codes = keep_frequent_items(baskets_of_rows([[1, 4], [4, 9], [9, 2], [2, 1, 4]]), 2)
    assert item_codes.tolist() == [4, 1, 2, 9]


def test_basket_codes_too_large_to_pack_are_renumbered() -> None:
    basket_codes = np.array([2**62, 5, 2**62], dtype=np.int64)
    baskets = gather_baskets(basket_codes, np.array([9, 8, 7], dtype=np.int32), 10)
    assert baskets.item_codes.tolist() == [8, 7, 9]
    assert baskets.basket_offsets.tolist() == [0, 1, 3]


@pytest.mark.parametrize("far", [-1, -(2**62)])
def test_basket_codes_may_be_negative(far: int) -> None:
    basket_codes = np.array([far, 5, far], dtype=np.int64)
    baskets = gather_baskets(basket_codes, np.array([9, 8, 7], dtype=np.int32), 10)
    assert baskets.item_codes.tolist() == [7, 9, 8]
    assert baskets.basket_offsets.tolist() == [0, 2, 3]


@pytest.mark.parametrize(
    ("min_support", "basket_count", "min_count"),
    [
        (0.001, 88_162, 89),
        (0.2, 8_124, 1_625),
        (0.8, 3_196, 2_557),
        (0.07, 100, 7),  # 0.07 * 100 is 7.000000000000001 in doubles
        (0.29, 100, 29),  # and 0.29 * 100 is 28.999999999999996
        (1e-05, 10, 1),
        (0.5, 0, 1),
    ],
)
def test_a_share_becomes_a_count_by_exact_arithmetic(
    min_support: float, basket_count: int, min_count: int
) -> None:
    assert min_count == effective_min_count(options(min_support), basket_count)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("basket_count", [3, 7, 10, 49, 93, 107])
def test_an_itemset_exactly_on_the_threshold_stays(algorithm: Algorithm, basket_count: int) -> None:
    for count in range(1, basket_count + 1):
        baskets = [{"a", "b"}] * count + [{"c"}] * (basket_count - count)
        assert mined(baskets, count, 2, algorithm)["a", "b"] == count


ORACLES = [
    ("mushroom", 0.2, 53_583),
    ("chess", 0.8, 8_227),
    ("retail", 0.001, 7_589),
    ("T10I4D100K", 0.001, 27_532),
]


@pytest.mark.deep
@pytest.mark.parametrize(("name", "min_support", "expected"), ORACLES)
def test_fpgrowth_finds_as_many_as_other_miners(
    shared_data: Path, name: str, min_support: float, expected: int
) -> None:
    baskets = read_fimi(shared_data, name)
    assert expected == count_itemsets(baskets, min_support, "fpgrowth")


@pytest.mark.deep
@pytest.mark.parametrize(("name", "min_support", "expected"), ORACLES[:2])
def test_apriori_finds_as_many_as_other_miners(
    shared_data: Path, name: str, min_support: float, expected: int
) -> None:
    baskets = read_fimi(shared_data, name)
    assert expected == count_itemsets(baskets, min_support, "apriori")


def test_chess_at_80_percent_has_8227_itemsets(shared_data: Path) -> None:
    assert count_itemsets(read_fimi(shared_data, "chess"), 0.8, "fpgrowth") == 8_227


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_groceries_at_1_percent_have_333_itemsets(shared_data: Path, algorithm: Algorithm) -> None:
    baskets, _ = coded(read_groceries(shared_data).values())
    assert count_itemsets(baskets, 0.01, algorithm) == 333


def test_both_miners_find_the_same_13492_itemsets_of_groceries(shared_data: Path) -> None:
    baskets, names = coded(read_groceries(shared_data).values())
    by_fpgrowth, by_apriori = (
        as_dictionary(mine_itemsets(baskets, 10, ANY_SIZE, algorithm), names)
        for algorithm in ALGORITHMS
    )
    assert len(by_fpgrowth) == 13_492
    assert by_fpgrowth == by_apriori
