"""Itemsets and rules as tables: hand-worked shops, the oracle, and the rules of R arules."""

import hashlib
from collections.abc import Iterable, Iterator
from decimal import Decimal
from fractions import Fraction
from functools import partial, reduce
from itertools import pairwise
from math import isclose
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.config.mining_options import Mining
from pipeline.errors import ConfigError
from pipeline.mining import itemset_rows
from pipeline.mining.itemsets import Itemsets, mine_itemsets
from pipeline.mining.kernels.levels import NO_NODE, child_of
from pipeline.mining.rule_counts import RuleCounts, Sides, Thresholds, count_rules, link_itemsets
from pipeline.mining.rules import RuleSummary, build_rules
from pipeline.mining.thresholds import at_least, least_parts, rounded_down, rounded_up
from pipeline.mining.window import Window
from pipeline.names import ASSOCIATION_RULES, FREQUENT_ITEMSETS
from pipeline.names.schema import MEASURES
from tests import reference
from tests.datasets import baskets_of_rows, coded, read_groceries
from tests.shops import SaleLine, Shop, drawn_sales, load_shop, rows_of, shop_engine, shops
from tests.tables import instant

WINDOW = Window(instant("2d"), instant("9d"))
SIDES = ("antecedent", "consequent")
COUNTS = ("joint_count", "antecedent_count", "consequent_count", "basket_count")

# Five orders. A: 1, 2, 3, 5. B: 1, 2, 4. C: 3, 5.
FIVE_ORDERS = drawn_sales("""
    order | customer | item | at
    1     | ann      | A    | 3d
    1     | ann      | B    | 3d
    1     | ann      | A    | 3d
    2     | bob      | A    | 4d
    2     | bob      | B    | 4d
    3     | ann      | A    | 5d
    3     | ann      | C    | 5d
    4     | -        | B    | 6d
    5     | ann      | C    | 5d
    5     | ann      | A    | 5d
""")


def options(**changes: Any) -> Mining:
    """Options that keep every itemset and rule, unless changed."""
    lenient = {"min_support": None, "min_count": 1, "min_confidence": 0.0, "max_itemset_size": 9}
    lenient |= {"max_q_value": None, "only_productive": False, "min_customers": 0}
    return Mining(**{**lenient, **changes})


def summary_of(lines: tuple[SaleLine, ...], wanted: Mining) -> RuleSummary:
    """Build both tables from sale lines."""
    load_shop(shop_engine(), Shop(lines))
    return build_rules(shop_engine(), wanted, WINDOW, "sku")


def rules_of(lines: tuple[SaleLine, ...], wanted: Mining, *columns: str) -> list[tuple[Any, ...]]:
    """Build the tables and return some columns of the rules, in order."""
    summary_of(lines, wanted)
    return rows_of(shop_engine(), "association_rules", *columns)


def itemsets_of(lines: tuple[SaleLine, ...], wanted: Mining) -> list[tuple[Any, ...]]:
    """Build the tables and return the itemsets with their counts, in order."""
    summary_of(lines, wanted)
    columns = ("itemset", "item_count", "joint_count", "basket_count", "support")
    return rows_of(shop_engine(), "frequent_itemsets", *columns)


def message_of(lines: tuple[SaleLine, ...], wanted: Mining) -> str:
    """Build the tables, which must hold no rules, and return why."""
    summary = summary_of(lines, wanted)
    assert summary.rule_count == 0
    assert shop_engine().fetch("association_rules").num_rows == 0
    assert summary.message is not None
    return summary.message


def test_itemsets_of_five_orders_worked_by_hand() -> None:
    expected = [
        (["A"], 1, 4, 5, 0.8),
        (["A", "B"], 2, 2, 5, 0.4),
        (["A", "C"], 2, 2, 5, 0.4),
        (["B"], 1, 3, 5, 0.6),
        (["C"], 1, 2, 5, 0.4),
    ]
    assert expected == itemsets_of(FIVE_ORDERS, options())


def test_rules_of_five_orders_worked_by_hand() -> None:
    expected = [
        (["A"], ["B"], 4, 2, 4, 3, 5, 0.4, 0.5, 0.5 / 0.6),
        (["A"], ["C"], 2, 2, 4, 2, 5, 0.4, 0.5, 1.25),
        (["B"], ["A"], 3, 2, 3, 4, 5, 0.4, 2 / 3, (2 / 3) / 0.8),
        (["C"], ["A"], 1, 2, 2, 4, 5, 0.4, 1.0, 1.25),
    ]
    columns = (*SIDES, "rank", *COUNTS, "support", "confidence", "lift")
    for wanted, found in zip(expected, rules_of(FIVE_ORDERS, options(), *columns), strict=True):
        assert wanted[:7] == found[:7]
        assert wanted[7:] == pytest.approx(found[7:])


@pytest.mark.parametrize(
    ("grain", "basket_count", "with_a_and_b"),
    [
        ("order", 5, 2),
        ("customer_day", 3, 2),  # ann's orders 3 and 5 are one day, order 4 has no customer
        ("customer", 2, 2),
    ],
)
def test_a_basket_is_what_the_grain_says(grain: str, basket_count: int, with_a_and_b: int) -> None:
    found = {tuple(row[0]): row[2:4] for row in itemsets_of(FIVE_ORDERS, options(grain=grain))}
    assert found["A", "B"] == (with_a_and_b, basket_count)


def test_the_window_is_half_open() -> None:
    lines = drawn_sales("""
        order | customer | item | at
        1     | -        | A    | 1d+23h
        2     | -        | B    | 2d
        3     | -        | C    | 8d+23h
        4     | -        | D    | 9d
    """)
    assert [["B"], ["C"]] == [row[0] for row in itemsets_of(lines, options())]


def test_giant_baskets_are_left_out_and_counted() -> None:
    summary = summary_of(FIVE_ORDERS, options(max_basket_items=1))
    assert (summary.basket_count, summary.giant_basket_count) == (1, 4)


def test_summary_counts_what_was_found() -> None:
    wanted = options(min_count=2, min_confidence=0.6)
    expected = RuleSummary(
        basket_count=5,
        giant_basket_count=0,
        min_count=2,
        frequent_item_count=3,
        itemset_count=5,
        candidate_rule_count=2,
        few_customer_rule_count=0,
        insignificant_rule_count=0,
        unproductive_rule_count=0,
        redundant_rule_count=0,
        rule_count=2,
        message=None,
    )
    assert expected == summary_of(FIVE_ORDERS, wanted)


def test_rules_have_several_consequents_by_option() -> None:
    lines = tuple(SaleLine("1", None, item, instant("3d")) for item in "ABC")
    expected = [(["A"], ["B"]), (["A"], ["B", "C"]), (["A"], ["C"]), (["A", "B"], ["C"])]
    found = rules_of(lines, options(max_consequent_size=2), *SIDES)
    assert expected == [row for row in found if row[0][0] == "A" and row[0] != ["A", "C"]]
    assert len(found) == 12


def test_only_chosen_items_stand_on_the_right() -> None:
    lines = tuple(SaleLine("1", None, item, instant("3d")) for item in "ABCD")
    wanted = options(max_consequent_size=2, consequents=["D", "A"], min_count=1)
    found = rules_of(lines, wanted, *SIDES)
    assert {("A",), ("D",), ("A", "D")} == {tuple(right) for _, right in found}
    # A alone follows from 7 choices of B, C, D; so does D; both from 3 choices of B, C.
    assert len(found) == 7 + 7 + 3


def test_a_consequent_that_is_no_item_is_refused_with_a_near_one() -> None:
    lines = tuple(SaleLine("1", None, item, instant("3d")) for item in ("milk", "bread"))
    with pytest.raises(ConfigError, match=r"no item has the id 'milc'; did you mean 'milk'\?"):
        summary_of(lines, options(consequents=["bread", "milc"]))


def test_consequents_that_are_never_with_others_are_explained() -> None:
    message = message_of(FIVE_ORDERS, options(consequents=["B", "C"], min_count=3))
    assert "no two items are together in 3" in message
    lonely = (*FIVE_ORDERS, SaleLine("6", None, "D", instant("3d")))
    assert "holds one of mining.consequents" in message_of(lonely, options(consequents=["D"]))


@pytest.mark.parametrize("target", ["frequent", "closed"])
def test_itemsets_written_in_pieces_are_those_of_a_table(
    monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    rows = [range(at, at + 5) for at in range(9)] * 2 + [range(3)]
    lines = tuple(
        SaleLine(str(order), None, f"item {item:02}", instant("3d"))
        for order, items in enumerate(rows)
        for item in items
    )
    columns = FREQUENT_ITEMSETS.column_names

    def written() -> list[dict[str, Any]]:
        summary_of(lines, options(target=target))
        batches = shop_engine().in_order("frequent_itemsets", columns, FREQUENT_ITEMSETS.sort)
        return [row for batch in batches for row in batch.to_pylist()]

    expected = written()
    assert len(expected) > 20
    monkeypatch.setattr(itemset_rows, "HELD_ROWS", 0)
    monkeypatch.setattr(itemset_rows, "PIECE_ROWS", 7)
    assert expected == written()
    assert len(expected) == shop_engine().count("frequent_itemsets")
    assert any(step.table == "frequent_itemsets" for step in shop_engine().steps)
    shop_engine().drop("frequent_itemsets")


def test_items_stand_in_order_of_their_ids() -> None:
    # By count, the order of codes is é, b, Z; by id it is Z, b, é.
    baskets = [("1", "é"), ("2", "é"), ("2", "b"), ("3", "é"), ("3", "b"), ("3", "Z")]
    lines = tuple(SaleLine(order, None, item, instant("3d")) for order, item in baskets)
    found = [row[0] for row in itemsets_of(lines, options())]
    assert ["Z", "b", "é"] in found
    assert all(itemset == sorted(itemset) for itemset in found)


def test_tables_have_the_published_columns() -> None:
    summary_of(FIVE_ORDERS, options())
    for table in (FREQUENT_ITEMSETS, ASSOCIATION_RULES):
        assert table.column_names == tuple(shop_engine().fetch(table.name).column_names)


def test_tables_carry_grain_level_and_window() -> None:
    expected = {("order", "sku", WINDOW.start, WINDOW.end)}
    columns = ("grain", "item_level", "window_start", "window_end")
    found = rules_of(FIVE_ORDERS, options(), *columns)
    assert expected == set(found)
    assert expected == set(rows_of(shop_engine(), "frequent_itemsets", *columns))


def test_a_rule_id_is_a_hash_of_what_the_rule_says() -> None:
    lines = tuple(SaleLine("1", None, item, instant("3d")) for item in "ABC")
    found = rules_of(lines, options(), "antecedent", "consequent", "rule_id")
    text = "association_rules\x1forder\x1fsku\x1fA\x1eB\x1fC"
    expected = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()[:16]
    assert (["A", "B"], ["C"], expected) in found
    assert len({row[2] for row in found}) == len(found)


def test_a_rule_exactly_on_the_confidence_stays() -> None:
    # 1,395 of 6,975 is 0.2, and 1,394 is not.
    for joint, expected in ((1395, 1), (1394, 0)):
        rules = one_rule(joint, 6975, 1395, 10_000)
        assert expected == Thresholds(0.2, 0.0, 10_000).reached_by(rules).sum()


def test_a_rule_exactly_on_the_lift_stays() -> None:
    # 33 * 1000 / (100 * 300) is 1.1, which is no double.
    for joint, expected in ((33, 1), (32, 0)):
        rules = one_rule(joint, 100, 300, 1000)
        assert expected == Thresholds(0.0, 1.1, 1000).reached_by(rules).sum()


def test_products_beyond_64_bits_are_compared_exactly() -> None:
    large = np.array([2**62, 2**62 - 1], dtype=np.int64)
    other = np.array([2**62, 2**62], dtype=np.int64)
    found = at_least((large, large), (other, other), 1.0)
    assert found.tolist() == [True, False]


def one_rule(joint: int, antecedent: int, consequent: int, basket_count: int) -> RuleCounts:
    """Return a rule by its counts alone."""
    assert joint <= min(antecedent, consequent) <= basket_count
    counts = (antecedent, consequent, joint)
    left, right, whole = (np.array([row], dtype=np.int32) for row in range(3))
    return RuleCounts(left, right, whole, *(np.array([count], dtype=np.int64) for count in counts))


def test_ties_go_to_the_shorter_antecedent_then_to_item_ids() -> None:
    lines = tuple(SaleLine("1", None, item, instant("3d")) for item in "CBA")
    expected = ["A>B", "A>C", "B>A", "B>C", "C>A", "C>B", "AB>C", "AC>B", "BC>A"]
    found = rules_of(lines, options(), "rank", *SIDES)
    assert expected == ["".join(left) + ">" + "".join(right) for _, left, right in found]


def test_every_basket_of_one_order_makes_confidence_1() -> None:
    lines = tuple(SaleLine("1", None, item, instant("3d")) for item in "AB")
    found = rules_of(lines, options(), *SIDES, "confidence", "conviction", "zhang", "lift")
    assert [(["A"], ["B"], 1.0, None, 0.0, 1.0), (["B"], ["A"], 1.0, None, 0.0, 1.0)] == found


def test_no_sale_lines_are_explained() -> None:
    message = message_of((), options())
    assert "no basket lies inside the window" in message


def test_only_giant_baskets_are_explained() -> None:
    lines = tuple(SaleLine("1", None, item, instant("3d")) for item in "ABC")
    assert "raise mining.max_basket_items" in message_of(lines, options(max_basket_items=2))


def test_lines_without_items_leave_no_baskets() -> None:
    lines = (SaleLine("1", "ann", None, instant("3d"), Decimal(1)),)
    assert "no basket lies inside the window" in message_of(lines, options())


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"min_count": 5}, "no item is in 5 of 5 baskets: mining.min_count 4 would give"),
        (
            {"min_count": None, "min_support": 0.9},
            "no item is in 5 of 5 baskets: mining.min_support 0.8 would give",
        ),
        ({"min_count": 3}, "no two items are together in 3 of 5 baskets: mining.min_count 2"),
        ({"max_itemset_size": 1}, "raise mining.max_itemset_size to 2"),
        (
            {"min_confidence": 0.9, "min_lift": 1.3},
            "no rule has enough lift: mining.min_lift 1.25 would give",
        ),
        ({"min_lift": 1.3}, "no rule has enough lift: mining.min_lift 1.25 would give"),
    ],
)
def test_an_empty_result_names_the_nearest_threshold(
    changes: dict[str, Any], expected: str
) -> None:
    assert expected in message_of(FIVE_ORDERS, options(**changes))


def test_the_nearest_confidence_is_rounded_towards_a_result() -> None:
    # A is in three orders, B in three, both in two: confidence 2/3 both ways.
    lines = drawn_sales("""
        order | customer | item | at
        1     | -        | A    | 3d
        1     | -        | B    | 3d
        2     | -        | A    | 3d
        2     | -        | B    | 3d
        3     | -        | A    | 3d
        4     | -        | B    | 3d
    """)
    message = message_of(lines, options(min_confidence=0.7))
    assert "mining.min_confidence 0.666 would give" in message
    assert len(rules_of(lines, options(min_confidence=0.666), "rank")) == 2


def test_a_result_missed_by_both_thresholds_names_a_lift_and_gives_up_confidence() -> None:
    lines = drawn_sales("""
        order | customer | item | at
        1     | -        | A    | 3d
        1     | -        | B    | 3d
        2     | -        | A    | 3d
        3     | -        | B    | 3d
    """)
    message = message_of(lines, options(min_confidence=0.9, min_lift=2.0))
    assert "mining.min_lift 0.75 with mining.min_confidence 0" in message


def test_orders_of_single_items_have_nothing_to_relate() -> None:
    lines = tuple(SaleLine(item, None, item, instant("3d")) for item in "ABC")
    assert "no basket holds two items" in message_of(lines, options())


def test_thresholds_are_written_without_exponent_and_on_the_safe_side() -> None:
    assert (rounded_up(1, 3), rounded_down(1, 3)) == ("0.334", "0.333")
    assert (rounded_up(1, 4), rounded_down(1, 4)) == ("0.25", "0.25")
    assert rounded_down(1, 7_000_000) == "0.000000142"


@given(
    whole=st.integers(0, 2**40),
    threshold=st.sampled_from([0.0, 0.2, 1 / 3, 0.7, 0.9999999999999999, 1.0]),
)
def test_the_least_part_of_a_whole_is_the_first_that_reaches_its_share(
    whole: int, threshold: float
) -> None:
    least = int(least_parts(np.array([whole], dtype=np.int64), threshold)[0])
    share = Fraction(str(threshold)) * whole
    assert least - 1 < share <= least


@settings(max_examples=60)
@given(
    shop=shops(),
    grain=st.sampled_from(["order", "customer_day", "customer"]),
    algorithm=st.sampled_from(["fpgrowth", "apriori"]),
    min_support=st.sampled_from([0.01, 0.2, 0.25, 0.5]),
    min_confidence=st.sampled_from([0.0, 0.2, 0.5, 2 / 3, 1.0]),
    min_lift=st.sampled_from([0.0, 0.8, 1.0, 1.2]),
    max_basket_items=st.sampled_from([3, 100]),
    max_consequent_size=st.integers(1, 3),
    chosen_items=st.integers(0, 3),
)
def test_tables_are_those_of_the_oracle(shop: Shop, chosen_items: int, **drawn: Any) -> None:
    consequents = shop.items[:chosen_items]
    wanted = options(min_count=None, max_itemset_size=4, consequents=consequents, **drawn)
    load_shop(shop_engine(), shop)
    summary = build_rules(shop_engine(), wanted, WINDOW, "sku")

    baskets = reference.baskets_of(shop, wanted, WINDOW)
    min_count = reference.min_count_of(wanted, len(baskets))
    counts = reference.itemsets(baskets, min_count, 4)
    found_itemsets = rows_of(shop_engine(), "frequent_itemsets", "itemset", "joint_count")
    assert sorted(counts.items()) == [(tuple(row[0]), row[1]) for row in found_itemsets]

    expected = reference.rank(reference.rules(counts, wanted, len(baskets)))
    rows = rows_of(shop_engine(), "association_rules", "rank", *SIDES, *COUNTS)
    found = [reference.Rule(tuple(row[1]), tuple(row[2]), *row[3:]) for row in rows]
    assert expected == found
    assert list(range(1, len(rows) + 1)) == [row[0] for row in rows]
    assert (summary.message is None) == bool(expected)


@given(
    rows=st.lists(st.sets(st.sampled_from("abcdefgh"), min_size=1), min_size=1, max_size=12),
    min_count=st.integers(1, 3),
    max_consequent_size=st.integers(1, 8),
    consequents=st.sets(st.sampled_from("abcdefgh")),
    min_confidence=st.sampled_from([0.0, 0.2, 0.5, 2 / 3, 0.75, 1.0]),
    min_lift=st.sampled_from([0.0, 0.9, 1.0, 1.2, 4 / 3, 1.5]),
)
def test_splits_of_large_itemsets_are_those_of_the_oracle(
    rows: list[set[str]], min_count: int, **drawn: Any
) -> None:
    wanted = options(**{**drawn, "consequents": sorted(drawn["consequents"])})
    expected = reference.rules(reference.itemsets(rows, min_count, 8), wanted, len(rows))

    baskets, names = coded(rows)
    itemsets = mine_itemsets(baskets, min_count, 8, "fpgrowth")
    is_allowed = np.array([not wanted.consequents or name in wanted.consequents for name in names])
    right = Sides(wanted.max_consequent_size, is_allowed)
    thresholds = Thresholds(wanted.min_confidence, wanted.min_lift, len(rows))
    found = count_rules(itemsets, right, thresholds)
    sides = list(zip(found.antecedents.tolist(), found.consequents.tolist(), strict=True))
    assert sides == sorted(sides)
    assert set(expected) == set(spelled(found, itemsets, names, len(rows)))
    assert len(sides) == len(set(sides))


def spelled(
    rules: RuleCounts, itemsets: Itemsets, names: list[str], basket_count: int
) -> Iterator[reference.Rule]:
    """Yield rules with the names of their items, and check that the whole is both sides."""
    bounds = pairwise(itemsets.offsets.tolist())
    rows = [tuple(names[item] for item in itemsets.items[start:end]) for start, end in bounds]
    for at in range(len(rules.joint_counts)):
        left, right = rows[rules.antecedents[at]], rows[rules.consequents[at]]
        assert tuple(sorted(left + right)) == rows[rules.wholes[at]]
        yield reference.Rule(
            left,
            right,
            int(rules.joint_counts[at]),
            int(rules.antecedent_counts[at]),
            int(rules.consequent_counts[at]),
            basket_count,
        )


@given(st.lists(st.sets(st.integers(0, 9), min_size=1), min_size=1, max_size=12), st.data())
def test_every_itemset_is_found_by_its_items_and_no_other(
    rows: list[set[int]], data: st.DataObject
) -> None:
    itemsets = mine_itemsets(baskets_of_rows([sorted(row) for row in rows]), 1, 9, "fpgrowth")
    levels = link_itemsets(itemsets)

    def node_of(items: Iterable[int]) -> int:
        return reduce(partial(child_of.py_func, levels), items, 0)  # type: ignore[attr-defined]

    for row, items in enumerate(np.split(itemsets.items, itemsets.offsets[1:-1])):
        assert node_of(items) == row + 1
    other = sorted(data.draw(st.sets(st.integers(0, 10), min_size=1, max_size=9)))
    is_known = any(set(other) <= row for row in rows)
    assert is_known == (node_of(other) != NO_NODE)


def test_itemsets_without_their_subsets_are_refused() -> None:
    lonely = Itemsets(np.array([1, 2], np.int32), np.array([0, 2]), np.array([3]))
    with pytest.raises(ValueError, match="with all their subsets"):
        link_itemsets(lonely)


@settings(max_examples=20)
@given(shop=shops(), min_confidence=st.sampled_from([0.1, 0.5, 0.9]))
def test_a_threshold_only_removes_rules(shop: Shop, min_confidence: float) -> None:
    every = set(map(repr, rules_of(shop.sale_lines, options(), *SIDES, *COUNTS)))
    fewer = rules_of(shop.sale_lines, options(min_confidence=min_confidence), *SIDES, *COUNTS)
    assert set(map(repr, fewer)) <= every


@settings(max_examples=20)
@given(shop=shops(), data=st.data())
def test_row_order_does_not_matter(shop: Shop, data: st.DataObject) -> None:
    shuffled = tuple(data.draw(st.permutations(shop.sale_lines)))
    columns = ASSOCIATION_RULES.column_names
    expected = rules_of(shop.sale_lines, options(), *columns)
    assert expected == rules_of(shuffled, options(), *columns)


@pytest.mark.parametrize(
    ("min_support", "min_confidence", "expected"),
    [(0.001, 0.5, 5_668), (0.001, 0.8, 410), (0.01, 0.5, 15), (0.006, 0.25, 463)],
)
def test_groceries_give_as_many_rules_as_arules(
    shared_data: Path, min_support: float, min_confidence: float, expected: int
) -> None:
    rows = read_groceries(shared_data)
    baskets, _ = coded(rows.values())
    wanted = Mining(min_support=min_support)
    min_count = reference.min_count_of(wanted, len(rows))
    itemsets = mine_itemsets(baskets, min_count, 99, "fpgrowth")
    rules = count_rules(itemsets, Sides(1), Thresholds(min_confidence, 0.0, len(rows)))
    assert expected == len(rules.joint_counts)


ARULES_MEASURES = [
    "support", "confidence", "lift", "leverage", "conviction", "jaccard", "cosine", "kulczynski",
    "imbalance",
]  # fmt: skip


@pytest.mark.parametrize(
    ("oracle", "changes", "rule_count"),
    [
        ("s001_c50", {"min_support": 0.001, "min_confidence": 0.5}, 5_668),
        ("s01_c20", {"min_support": 0.01, "min_confidence": 0.2}, 231),
        ("pairs_s005", {"min_support": 0.005, "max_itemset_size": 2}, 1_210),
    ],
)
def test_every_measure_of_every_rule_is_that_of_arules(
    shared_data: Path, oracle: str, changes: dict[str, Any], rule_count: int
) -> None:
    expected = read_arules(shared_data / "oracles" / f"arules_groceries_{oracle}.csv.gz")
    columns = (*SIDES, "joint_count", "antecedent_count", "basket_count", *ARULES_MEASURES)
    rows = rules_of(groceries(shared_data), options(min_count=None, **changes), *columns)
    found = {(frozenset(row[0]), row[1][0]): row[2:] for row in rows}
    assert rule_count == len(found)
    assert expected.keys() == found.keys()
    for sides, theirs in expected.items():
        joint, antecedent, baskets, *ours = found[sides]
        assert theirs["count"] == joint
        assert isclose(theirs["coverage"], antecedent / baskets, rel_tol=1e-12)
        for name, value in zip(ARULES_MEASURES, ours, strict=True):
            assert agrees(theirs[name], value), (sides, name, theirs[name], value)


def agrees(theirs: float | None, ours: float | None) -> bool:
    """Compare with a figure of 15 digits; what is infinite there (conviction) is NULL here."""
    if ours is None or theirs is None:
        return ours is None and theirs is None
    return isclose(theirs, ours, rel_tol=1e-9, abs_tol=1e-12)


def groceries(shared_data: Path) -> tuple[SaleLine, ...]:
    """Return the groceries as sale lines inside the window."""
    baskets = read_groceries(shared_data)
    return tuple(
        SaleLine(basket, None, item, WINDOW.start)
        for basket, items in baskets.items()
        for item in items
    )


def read_arules(path: Path) -> dict[tuple[frozenset[str], str], dict[str, Any]]:
    """Return the rules of R arules that have an antecedent, by their sides."""
    import pandas as pd

    rows = pd.read_csv(path, keep_default_na=False).to_dict("records")
    return {
        (frozenset(str(row["antecedent"]).split("|")), str(row["consequent"])): {
            name: None if row[name] in ("NA", "Inf", float("inf")) else float(row[name])
            for name in ("count", "coverage", *ARULES_MEASURES)
        }
        for row in rows
        if row["antecedent"] != ""
    }


def test_every_measure_has_its_column_in_the_table() -> None:
    summary_of(FIVE_ORDERS, options())
    schema = shop_engine().fetch("association_rules").schema
    assert {pa.float64()} == {schema.field(measure.name).type for measure in MEASURES}
