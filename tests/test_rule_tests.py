"""Rules that chance does not explain: hand-worked baskets, the oracle, and R arules."""

from math import comb
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.config.mining_options import Mining
from pipeline.mining.rules import RuleSummary, build_rules
from pipeline.mining.window import Window
from tests import reference, reference_rule_tests
from tests.shops import SaleLine, Shop, load_shop, rows_of, shop_engine, shops
from tests.tables import DAY, instant

WINDOW = Window(instant("2d"), instant("9d"))
SIDES = ("antecedent", "consequent")
COUNTS = ("joint_count", "antecedent_count", "consequent_count", "basket_count")
MARKS = ("is_productive", "is_redundant")
TESTS = ("p_value", "q_value", "is_productive", "is_redundant", "customer_count")


def drawn_baskets(text: str, at: int = WINDOW.start) -> tuple[SaleLine, ...]:
    """Return sale lines of drawn baskets, `40 ABC` for 40 baskets with A, B and C."""
    rows = [line.split() for line in text.strip().splitlines()]
    baskets = [items for number, items in rows for _ in range(int(number))]
    return tuple(
        SaleLine(f"{at}-{order}", None, item, at)
        for order, items in enumerate(baskets)
        for item in items
    )


def options(**changes: Any) -> Mining:
    """Options that keep every rule, unless changed."""
    lenient = {"min_support": None, "min_count": 1, "min_confidence": 0.0, "max_q_value": None,
               "only_productive": False, "min_customers": 0}  # fmt: skip
    return Mining(**{**lenient, **changes})


def summary_of(lines: tuple[SaleLine, ...], wanted: Mining) -> RuleSummary:
    """Build both tables from sale lines."""
    load_shop(shop_engine(), Shop(lines))
    return build_rules(shop_engine(), wanted, WINDOW, "sku")


def rules_of(lines: tuple[SaleLine, ...], wanted: Mining, *columns: str) -> dict[str, list[Any]]:
    """Build the tables and return some columns of each rule, by the rule as `AB>C`."""
    summary_of(lines, wanted)
    rows = rows_of(shop_engine(), "association_rules", *SIDES, *columns)
    return {f"{''.join(left)}>{''.join(right)}": list(rest) for left, right, *rest in rows}


# C follows A: in 30 of 40 baskets with A and 10 of 60 without. B is in every second basket,
# whatever A and C do.
DERIVED = drawn_baskets("""
    15 ABC
    15 AC
    5  AB
    5  A
    5  BC
    5  C
    25 B
    25 E
""")

# C is in all baskets with both A and B, and in half of those with one of them.
TOGETHER = drawn_baskets("""
    40 ABC
    20 AC
    20 A
    20 BC
    20 B
    80 E
""")


def test_a_rule_is_unproductive_where_one_item_of_its_left_side_adds_nothing() -> None:
    # AB -> C has lift 15/20 / .4 = 1.9, all of it from A: among A's 40 baskets C is in 15 of 20
    # with B and in 15 of 20 without.
    found = rules_of(DERIVED, options(), "is_productive")
    assert found["A>C"] == [True]
    assert found["AB>C"] == [False]
    assert "AB>C" not in rules_of(DERIVED, options(only_productive=True))


def test_a_rule_is_productive_where_every_item_of_its_left_side_adds_something() -> None:
    # AB -> C: among A's 80 baskets C is in 40 of 40 with B and in 20 of 40 without, and the same
    # among B's. The 20 baskets without C are all among the 40 of 80 without the other item.
    p = comb(40, 20) / comb(80, 20)
    found = rules_of(TOGETHER, options(), "is_productive", "is_redundant")
    assert found["AB>C"] == [True, False]
    assert found["AB>C"] == rules_of(TOGETHER, options(productive_level=1.01 * p), *MARKS)["AB>C"]
    assert rules_of(TOGETHER, options(productive_level=0.99 * p), *MARKS)["AB>C"] == [False, False]


def test_a_rule_is_redundant_where_a_shorter_one_is_as_confident() -> None:
    # C follows A in 30 of 40 and AB in 15 of 20, no more: redundant. It follows AE, of which
    # there is none. B is in half of all baskets and in half of A's: A -> B is what B is anyway.
    found = rules_of(DERIVED, options(), "is_redundant")
    assert (found["AB>C"], found["A>C"], found["A>B"]) == ([True], [False], [True])
    wanted = options(leave_out_redundant=True)
    assert not {"AB>C", "A>B"} & rules_of(DERIVED, wanted).keys()


def test_a_pair_is_one_test_and_longer_rules_have_the_budget_of_their_length() -> None:
    # 4 items: m = 6 pairs; C(4, 3) 3 = 12 rules of three, C(4, 4) 4 = 4 of four; at most 4 items.
    found = rules_of(DERIVED, options(), "p_value", "q_value")
    p, q = found["A>C"]
    assert found["C>A"] == [p, q]
    assert q == pytest.approx(6 * p)  # the smallest of the six
    p, q = found["AB>C"]
    assert q == pytest.approx(min(1, 4 * 12 * p))
    with_two = rules_of(DERIVED, options(max_itemset_size=3), "p_value", "q_value")
    assert with_two["AB>C"] == [p, pytest.approx(min(1, 3 * 12 * p))]


def test_a_chosen_right_side_leaves_fewer_tests() -> None:
    # Only C on the right: 3 pairs, C(3, 2) = 3 rules of three items.
    found = rules_of(DERIVED, options(consequents=["C"]), "p_value", "q_value")
    p, q = found["A>C"]
    assert q == pytest.approx(3 * p)
    p, q = found["AB>C"]
    assert q == pytest.approx(4 * 3 * p)


def test_the_summary_counts_what_each_filter_left_out() -> None:
    wanted = options(max_q_value=0.05, only_productive=True)
    summary = summary_of(DERIVED, wanted)
    # Pairs A-C stays both ways; A-B, B-C and A-E... are chance; AB>C, BC>A pass by q alone.
    assert summary.candidate_rule_count == 9
    assert summary.insignificant_rule_count + summary.unproductive_rule_count == 7
    assert (summary.rule_count, summary.unproductive_rule_count) == (2, 2)
    assert summary.message is None


def test_a_run_whose_rules_are_all_chance_says_so() -> None:
    lines = drawn_baskets("1 AB\n1 A\n1 B\n1 C")
    summary = summary_of(lines, options(max_q_value=0.05))
    assert (summary.rule_count, summary.insignificant_rule_count) == (0, 2)
    assert "2 rules reach the thresholds and none is left" in str(summary.message)


def test_customers_behind_a_rule_are_distinct_and_known() -> None:
    customers = {"1": "ann", "2": "ann", "3": "bob", "4": None}
    lines = tuple(
        SaleLine(order, customer, item, WINDOW.start)
        for order, customer in customers.items()
        for item in "AB"
    )
    assert rules_of(lines, options(), "customer_count", "joint_count")["A>B"] == [2, 4]
    assert rules_of(lines, options(min_customers=3)) == {}
    assert summary_of(lines, options(min_customers=3)).few_customer_rule_count == 2
    by_customer = rules_of(lines, options(grain="customer"), "customer_count", "joint_count")
    assert by_customer["A>B"] == [2, 2]


def test_where_no_customer_is_known_none_is_counted_and_none_is_asked_for() -> None:
    found = rules_of(TOGETHER, options(min_customers=3), "customer_count")
    assert found["AB>C"] == [None]


def test_days_held_out_show_whether_a_rule_holds_up() -> None:
    # A -> C once more in 9 of 10, lift .9 / .45; A -> B is not seen again, though both sides are.
    later = drawn_baskets("9 AC\n1 A\n10 B", at=instant("8d"))
    lines = (*DERIVED, *later)
    found = rules_of(lines, options(holdout_days=1), "basket_count", "lift_holdout", "held_up")
    assert found["A>C"] == [100, pytest.approx(2.0), True]
    assert found["A>B"] == [100, 0.0, False]
    ends = rows_of(shop_engine(), "association_rules", "window_end")
    assert {(WINDOW.end - DAY,)} == set(ends)


def test_a_side_that_is_not_seen_again_says_nothing() -> None:
    lines = (*DERIVED, *drawn_baskets("9 AC", at=instant("8d")))
    found = rules_of(lines, options(holdout_days=1), "lift_holdout", "held_up")
    assert found["A>B"] == [None, None]
    without = rules_of(lines, options(), "lift_holdout", "held_up")
    assert without["A>C"] == [None, None]


@settings(max_examples=60)
@given(
    shop=shops(),
    grain=st.sampled_from(["order", "customer_day", "customer"]),
    max_itemset_size=st.integers(2, 4),
    max_consequent_size=st.integers(1, 3),
    chosen_items=st.integers(0, 3),
    min_confidence=st.sampled_from([0.0, 0.5]),
    min_customers=st.integers(0, 2),
    max_q_value=st.sampled_from([None, 0.9137, 0.3713]),
    correction=st.sampled_from(["benjamini_hochberg", "holm"]),
    productive_level=st.sampled_from([0.9137, 0.3713]),
    only_productive=st.booleans(),
    leave_out_redundant=st.booleans(),
)
def test_rules_are_those_of_the_oracle(shop: Shop, chosen_items: int, **drawn: Any) -> None:
    wanted = options(consequents=shop.items[:chosen_items], **drawn)
    load_shop(shop_engine(), shop)
    summary = build_rules(shop_engine(), wanted, WINDOW, "sku")

    baskets = reference.customer_baskets(shop, wanted, WINDOW)
    counts = reference.itemsets([items for items, _ in baskets], 1, wanted.max_itemset_size)
    rules = list(reference.rules(counts, wanted, len(baskets)))
    items = sorted(itemset[0] for itemset in counts if len(itemset) == 1)
    expected = {
        (row.rule.antecedent, row.rule.consequent): row
        for row in reference_rule_tests.tested(rules, items, baskets, wanted)
    }
    rows = rows_of(shop_engine(), "association_rules", *SIDES, *TESTS)
    assert expected.keys() == {(tuple(row[0]), tuple(row[1])) for row in rows}
    for left, right, p, q, *rest in rows:
        row = expected[tuple(left), tuple(right)]
        assert (row.p, row.q) == pytest.approx((p, q))
        assert [row.is_productive, row.is_redundant, row.customer_count] == rest
    assert summary.candidate_rule_count == len(rules)
    assert summary.rule_count == len(expected)
    assert summary.candidate_rule_count - summary.rule_count == (
        summary.few_customer_rule_count
        + summary.insignificant_rule_count
        + summary.unproductive_rule_count
        + summary.redundant_rule_count
    )
