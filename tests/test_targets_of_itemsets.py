"""Closed and maximal itemsets, and those of chosen items: by hand, oracle and other miners."""

import re
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pipeline.config.mining_options import Mining
from pipeline.errors import ConfigError
from pipeline.mining import item_limits
from pipeline.mining.baskets import Baskets
from pipeline.mining.condensed import Target, is_target
from pipeline.mining.itemsets import Algorithm, mine_itemsets
from pipeline.mining.rules import RuleSummary, build_rules
from pipeline.mining.window import Window
from tests import reference
from tests.datasets import coded, read_fimi, read_groceries
from tests.shops import SaleLine, Shop, drawn_sales, load_shop, rows_of, shop_engine
from tests.tables import instant

WINDOW = Window(instant("2d"), instant("9d"))
ANY_SIZE = 99
ITEMS = "abcdef"

# Five orders. A: all but 4. B: 1, 2, 4. C: 1, 5.
FIVE_ORDERS = drawn_sales("""
    order | customer | item | at
    1     | ann      | A    | 3d
    1     | ann      | B    | 3d
    1     | ann      | C    | 3d
    2     | bob      | A    | 4d
    2     | bob      | B    | 4d
    3     | ann      | A    | 5d
    4     | -        | B    | 6d
    5     | ann      | C    | 5d
    5     | ann      | A    | 5d
""")


def options(**changes: Any) -> Mining:
    """Options that keep every itemset and rule, unless changed."""
    lenient = {"min_support": None, "min_count": 1, "min_confidence": 0.0, "max_itemset_size": 9}
    lenient |= {"max_q_value": None, "only_productive": False, "min_customers": 0}
    return Mining(**{**lenient, "max_consequent_size": 9, **changes})


def summary_of(lines: tuple[SaleLine, ...], wanted: Mining) -> RuleSummary:
    """Build both tables from sale lines."""
    load_shop(shop_engine(), Shop(lines))
    return build_rules(shop_engine(), wanted, WINDOW, "sku")


def itemsets_of(lines: tuple[SaleLine, ...], wanted: Mining) -> dict[str, int]:
    """Build the tables and return the itemsets with their counts."""
    summary = summary_of(lines, wanted)
    rows = rows_of(shop_engine(), "frequent_itemsets", "itemset", "joint_count", "basket_count")
    assert summary.itemset_count == len(rows)
    assert {basket_count for _, _, basket_count in rows} <= {summary.basket_count}
    return {"".join(itemset): count for itemset, count, _ in rows}


def rules_of(lines: tuple[SaleLine, ...], wanted: Mining) -> dict[tuple[str, str], Any]:
    """Build the tables and return the three counts of each rule."""
    summary_of(lines, wanted)
    columns = ("antecedent", "consequent", "joint_count", "antecedent_count", "consequent_count")
    rows = rows_of(shop_engine(), "association_rules", *columns)
    return {("".join(left), "".join(right)): counts for left, right, *counts in rows}


def test_closed_and_maximal_itemsets_worked_by_hand() -> None:
    # AC is in every order with C, ABC has no larger one; A, B and AB lose orders with every item.
    every = {"A": 4, "B": 3, "C": 2, "AB": 2, "AC": 2, "BC": 1, "ABC": 1}
    assert every == itemsets_of(FIVE_ORDERS, options())
    closed = {"A": 4, "B": 3, "AB": 2, "AC": 2, "ABC": 1}
    assert closed == itemsets_of(FIVE_ORDERS, options(target="closed"))
    assert {"ABC": 1} == itemsets_of(FIVE_ORDERS, options(target="maximal"))
    maximal_in_two = itemsets_of(FIVE_ORDERS, options(target="maximal", min_count=2))
    assert maximal_in_two == {"AB": 2, "AC": 2}


def test_larger_itemsets_than_asked_still_decide_what_is_closed() -> None:
    pairs_at_most = options(target="maximal", max_itemset_size=2)
    assert itemsets_of(FIVE_ORDERS, pairs_at_most) == {}
    closed = itemsets_of(FIVE_ORDERS, options(target="closed", max_itemset_size=1))
    assert closed == {"A": 4, "B": 3}


@pytest.mark.parametrize("target", ["closed", "maximal"])
def test_rules_come_from_all_itemsets_whatever_is_published(target: Target) -> None:
    expected = rules_of(FIVE_ORDERS, options())
    assert expected == rules_of(FIVE_ORDERS, options(target=target))
    assert len(expected) == 2 * 3 + 6


def test_itemsets_and_rules_that_must_contain_an_item_worked_by_hand() -> None:
    wanted = options(must_contain=["C"])
    assert {"C": 2, "AC": 2, "BC": 1, "ABC": 1} == itemsets_of(FIVE_ORDERS, wanted)
    expected = {
        ("A", "C"): [2, 4, 2], ("C", "A"): [2, 2, 4], ("B", "C"): [1, 3, 2],
        ("C", "B"): [1, 2, 3], ("AB", "C"): [1, 2, 2], ("C", "AB"): [1, 2, 2],
        ("A", "BC"): [1, 4, 1], ("BC", "A"): [1, 1, 4], ("AC", "B"): [1, 2, 3],
        ("B", "AC"): [1, 3, 2],
    }  # fmt: skip
    assert expected == rules_of(FIVE_ORDERS, wanted)


def test_items_to_pass_over_leave_their_baskets_in_the_count() -> None:
    summary = summary_of(FIVE_ORDERS, options(must_not_contain=["A", "C"]))
    assert (summary.basket_count, summary.frequent_item_count) == (5, 1)
    assert {"B": 3} == itemsets_of(FIVE_ORDERS, options(must_not_contain=["A", "C"]))


def test_without_an_item_other_itemsets_are_closed() -> None:
    wanted = options(target="closed", must_not_contain=["A"])
    assert {"B": 3, "C": 2, "BC": 1} == itemsets_of(FIVE_ORDERS, wanted)


@pytest.mark.parametrize("option", ["must_contain", "must_not_contain"])
def test_an_id_that_no_item_has_is_refused(option: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(f"mining.{option}: no item has the id 'a'")):
        summary_of(FIVE_ORDERS, options(**{option: ["A", "a"]}))


def test_an_item_cannot_be_required_and_passed_over() -> None:
    with pytest.raises(ValidationError, match="must_contain and must_not_contain both name 'A'"):
        options(must_contain=["B", "A"], must_not_contain=["A"])


def test_no_itemset_contains_more_items_than_it_may_have() -> None:
    with pytest.raises(ValidationError, match="must_contain has 3 items: raise max_itemset_size"):
        options(must_contain=["A", "B", "C"], max_itemset_size=2)


def test_required_items_that_are_never_together_are_told() -> None:
    summary = summary_of(FIVE_ORDERS[3:], options(must_contain=["B", "C"]))
    assert summary.message == "no basket holds every item of mining.must_contain"
    assert (summary.itemset_count, summary.rule_count) == (0, 0)


def test_required_items_that_are_rarely_together_are_told_with_the_nearest_threshold() -> None:
    summary = summary_of(FIVE_ORDERS, options(must_contain=["B", "C"], min_count=2))
    assert summary.message == (
        "the items of mining.must_contain are not together in 2 of 5 baskets: "
        "mining.min_count 1 would give one itemset or more"
    )


drawn_baskets = st.lists(st.sets(st.sampled_from(ITEMS), min_size=1), min_size=1, max_size=14)
some_items = st.lists(st.sampled_from(ITEMS), max_size=2)


@st.composite
def limits(draw: st.DrawFn) -> dict[str, Any]:
    """Draw options that limit items, sizes and counts."""
    required = draw(some_items)
    return {
        "min_count": draw(st.integers(1, 4)),
        "max_itemset_size": draw(st.integers(max(1, len(required)), 6)),
        "max_consequent_size": draw(st.integers(1, 3)),
        "target": draw(st.sampled_from(get_args(Target))),
        "algorithm": draw(st.sampled_from(get_args(Algorithm))),
        "miner": draw(st.sampled_from(["kernel", "mlxtend"])),
        "must_contain": required,
        "must_not_contain": [item for item in draw(some_items) if item not in required],
    }


@given(baskets=drawn_baskets, drawn=limits())
def test_itemsets_and_rules_are_those_of_the_oracle(
    baskets: list[set[str]], drawn: dict[str, Any]
) -> None:
    wanted = options(**drawn)
    every = "".join(sorted(set(wanted.must_contain) | set(wanted.must_not_contain)))
    lines = tuple(
        SaleLine(order=str(number), customer=None, item=item, at=instant("3d"))
        for number, items in enumerate([*baskets, set(every)])
        for item in sorted(items)
    )
    rows = [items - set(wanted.must_not_contain) for items in [*baskets, set(every)] if items]
    counts = reference.itemsets(rows, wanted.min_count or 1, ANY_SIZE)
    expected = reference.target_itemsets(counts, wanted)
    assert {"".join(items): count for items, count in expected.items()} == itemsets_of(
        lines, wanted
    )
    rules = {
        ("".join(rule.antecedent), "".join(rule.consequent)):
            [rule.joint_count, rule.antecedent_count, rule.consequent_count]
        for rule in reference.rules(counts, wanted, len(rows))
        if len(rule.antecedent + rule.consequent) <= wanted.max_itemset_size
        and set(wanted.must_contain) <= {*rule.antecedent, *rule.consequent}
    }  # fmt: skip
    assert rules == rules_of(lines, wanted)


def test_itemsets_counted_again_in_blocks_of_baskets(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = tuple(
        SaleLine(order=f"{line.order}-{copy}", customer=None, item=line.item, at=line.at)
        for line in FIVE_ORDERS
        for copy in range(100)
    )
    monkeypatch.setattr(item_limits, "BLOCK_BYTES", 3 * 8 * 2)  # 128 of the 500 baskets
    found = rules_of(lines, options(must_contain=["C"]))
    assert found["B", "AC"] == [100, 300, 200]


def counted(baskets: Baskets, min_count: int, algorithm: Algorithm) -> list[int]:
    """Return how many itemsets are frequent, closed and maximal."""
    found = mine_itemsets(baskets, min_count, ANY_SIZE, algorithm)
    return [int(is_target(found, target).sum()) for target in get_args(Target)]


def test_closed_and_maximal_itemsets_of_groceries_are_as_many_as_other_miners_find(
    shared_data: Path,
) -> None:
    baskets, _ = coded(read_groceries(shared_data).values())
    assert counted(baskets, 10, "fpgrowth") == [13_492, 13_464, 7_794]


@pytest.mark.parametrize("algorithm", get_args(Algorithm))
@pytest.mark.parametrize(
    ("name", "min_count", "expected"),
    [
        ("mushroom", 1_625, [53_583, 1_197, 158]),
        ("chess", 2_557, [8_227, 5_083, 226]),
        ("retail", 89, [7_589, 7_572, 3_452]),
        ("T10I4D100K", 100, [27_532, 26_806, 4_054]),
    ],
)
@pytest.mark.deep
def test_closed_and_maximal_itemsets_are_as_many_as_other_miners_find(
    *, shared_data: Path, algorithm: Algorithm, name: str, min_count: int, expected: list[int]
) -> None:
    assert expected == counted(read_fimi(shared_data, name), min_count, algorithm)
