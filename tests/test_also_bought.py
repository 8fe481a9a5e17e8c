"""Bought this, also bought: hand-worked shops, and random ones against the oracle."""

import hashlib
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config.mining_options import AlsoBought
from pipeline.mining import slices
from pipeline.mining.associations import build_also_bought
from pipeline.mining.pair_tables import AssociationSummary
from pipeline.mining.window import Window
from pipeline.names import ALSO_BOUGHT
from tests.reference_tables import also_bought
from tests.shops import SaleLine, Shop, drawn_sales, load_shop, rows_of, shop_engine, shops
from tests.tables import DAY, instant

WINDOW = Window(instant("2d"), instant("9d"))
COUNTS = (
    "source_item_id",
    "target_item_id",
    "rank",
    "joint_count",
    "source_count",
    "target_count",
    "basket_count",
    "customer_count",
)
TESTS = ("p_value", "q_value")

# Five customers. A: ann, bob, cid. B: ann, bob. C: cid, dan. D: eve, alone in her basket.
FIVE_CUSTOMERS = drawn_sales("""
    order | customer | item | at
    1     | ann      | A    | 3d
    2     | ann      | A    | 4d
    2     | ann      | B    | 4d
    3     | bob      | A    | 5d
    4     | bob      | B    | 6d
    5     | cid      | A    | 5d
    5     | cid      | C    | 5d
    6     | dan      | C    | 5d
    7     | eve      | D    | 5d
""")


def options(**changes: Any) -> AlsoBought:
    """Options that keep every pair, unless changed."""
    lenient = {
        "min_item_count": 1,
        "min_pair_count": 1,
        "min_customers": 1,
        "min_lift": 0.0,
        "max_q_value": None,
    }
    return AlsoBought(**{**lenient, **changes})


def summary_of(shop: Shop, wanted: AlsoBought, item_level: str = "sku") -> AssociationSummary:
    """Build the table from a shop and return its summary."""
    load_shop(shop_engine(), shop)
    return build_also_bought(shop_engine(), wanted, WINDOW, item_level)


def pairs(lines: tuple[SaleLine, ...], wanted: AlsoBought, *columns: str) -> list[tuple[Any, ...]]:
    """Build the table from sale lines and return some of its columns."""
    summary_of(Shop(lines), wanted)
    return rows_of(shop_engine(), "also_bought", *columns)


def test_pairs_are_counted_once_per_customer_in_both_directions() -> None:
    expected = [
        ("A", "B", 1, 2, 3, 2, 5, 2),
        ("A", "C", 2, 1, 3, 2, 5, 1),
        ("B", "A", 1, 2, 2, 3, 5, 2),
        ("C", "A", 1, 1, 2, 3, 5, 1),
    ]
    assert expected == pairs(FIVE_CUSTOMERS, options(), *COUNTS)


def test_measures_come_from_the_four_counts() -> None:
    rows = pairs(FIVE_CUSTOMERS, options(min_pair_count=2), "support", "confidence", "lift")
    assert rows == [
        (pytest.approx(2 / 5), pytest.approx(2 / 3), pytest.approx(5 / 3)),
        (pytest.approx(2 / 5), pytest.approx(1.0), pytest.approx(5 / 3)),
    ]


def test_an_order_basket_does_not_join_what_a_customer_bought_in_two_orders() -> None:
    expected = [
        ("A", "B", 1, 1, 4, 2, 7, 1),
        ("A", "C", 2, 1, 4, 2, 7, 1),
        ("B", "A", 1, 1, 2, 4, 7, 1),
        ("C", "A", 1, 1, 2, 4, 7, 1),
    ]
    assert expected == pairs(FIVE_CUSTOMERS, options(grain="order"), *COUNTS)


def test_a_customer_day_joins_the_orders_of_one_day() -> None:
    lines = drawn_sales("""
        order | customer | item | at
        1     | ann      | A    | 3d
        2     | ann      | B    | 3d+23h
        3     | ann      | C    | 4d
        4     | bob      | C    | 3d
    """)
    rows = pairs(lines, options(grain="customer_day"), "source_item_id", "target_item_id")
    assert rows == [("A", "B"), ("B", "A")]


def test_anonymous_lines_count_at_order_grain_only() -> None:
    lines = drawn_sales("""
        order | customer | item | at
        1     | -        | A    | 3d
        1     | -        | B    | 3d
        2     | ann      | A    | 3d
        2     | ann      | B    | 3d
    """)
    columns = ("source_item_id", "joint_count", "customer_count")
    assert pairs(lines, options(), *columns) == [("A", 1, 1), ("B", 1, 1)]
    assert pairs(lines, options(grain="order"), *columns) == [("A", 2, 1), ("B", 2, 1)]


def test_where_no_customer_is_known_none_is_counted_and_none_is_asked_for() -> None:
    lines = drawn_sales("""
        order | customer | item | at
        1     | -        | A    | 3d
        1     | -        | B    | 3d
    """)
    rows = pairs(lines, options(grain="order", min_customers=3), "joint_count", "customer_count")
    assert rows == [(1, None), (1, None)]


def test_a_pair_of_too_few_known_customers_is_left_out() -> None:
    lines = drawn_sales("""
        order | customer | item | at
        1     | ann      | A    | 3d
        1     | ann      | B    | 3d
        2     | ann      | A    | 4d
        2     | ann      | B    | 4d
        3     | -        | A    | 4d
        3     | -        | B    | 4d
    """)
    assert pairs(lines, options(grain="order", min_customers=2), "rule_id") == []


def test_lift_must_be_above_its_minimum_and_not_on_it() -> None:
    independent = drawn_sales("""
        order | customer | item | at
        1     | ann      | A    | 3d
        1     | ann      | B    | 3d
        2     | bob      | A    | 3d
        3     | cid      | B    | 3d
        4     | dan      | C    | 3d
    """)
    assert pairs(independent, options(min_lift=1.0), "lift") == []
    assert pairs(independent, options(min_lift=0.99), "lift") == [(1.0,), (1.0,)]


def test_a_minimum_lift_that_no_double_holds_is_compared_exactly() -> None:
    # A and B in 5 of 6 baskets each, together in 5: lift 5 * 6 / 25 = 1.2.
    lines = tuple(
        SaleLine(customer, customer, item, 3 * DAY)
        for customer in ("ann", "bob", "cid", "dan", "eve")
        for item in "AB"
    )
    other = SaleLine("fay", "fay", "C", 3 * DAY)
    assert pairs((*lines, other), options(min_lift=1.2), "lift") == []


# Twelve customers. A: 1 to 5, B: 1 to 5 (with A) and 6, C: 1, 6, 7 and 8; D and E once.
TWELVE_CUSTOMERS = tuple(
    SaleLine(f"c{number}", f"c{number}", item, 3 * DAY)
    for number, items in enumerate(
        ("ABC", "AB", "AB", "AB", "AB", "BC", "C", "C", "D", "E", "E", "E")
    )
    for item in items
)


def test_q_values_allow_for_every_pair_that_could_have_been_found() -> None:
    # Items in two baskets or more: A (5), B (6), C (4), E (3): m = 6 pairs, of which A-B, A-C and
    # B-C are found, 5, 1 and 2 times. p(A-B) = C(6, 5) / C(12, 5) = 6/792; p(B-C) = 1 - (C(6, 4) +
    # 6 C(6, 3)) / C(12, 4) = 360/495; p(A-C) = 1 - C(8, 5) / C(12, 5) = 736/792.
    # q = 6 p / rank: .04545; 6/2 and 6/3 of the others are above 1.
    expected = [("A", "B", 6 / 792, 36 / 792), ("A", "C", 736 / 792, 1.0),
                ("B", "A", 6 / 792, 36 / 792), ("B", "C", 360 / 495, 1.0),
                ("C", "A", 736 / 792, 1.0), ("C", "B", 360 / 495, 1.0)]  # fmt: skip
    columns = ("source_item_id", "target_item_id", "p_value", "q_value")
    found = pairs(TWELVE_CUSTOMERS, options(min_item_count=2), *columns)
    assert [row[:2] for row in expected] == [row[:2] for row in found]
    assert [row[2:] for row in expected] == [pytest.approx(row[2:]) for row in found]


def test_pairs_that_chance_explains_are_left_out_and_counted() -> None:
    wanted = options(min_item_count=2, max_q_value=0.05)
    summary = summary_of(Shop(TWELVE_CUSTOMERS), wanted)
    assert (summary.tested_pair_count, summary.candidate_pair_count) == (6, 3)
    assert (summary.insignificant_pair_count, summary.row_count) == (2, 2)
    # At .045, which is below 36/792, nothing is left; one more item makes one more pair too many.
    assert pairs(TWELVE_CUSTOMERS, options(min_item_count=2, max_q_value=0.045), "rank") == []
    assert pairs(TWELVE_CUSTOMERS, options(min_item_count=1, max_q_value=0.05), "rank") == []


def test_a_threshold_on_the_joint_count_does_not_make_the_others_easier() -> None:
    columns = ("source_item_id", "q_value")
    wanted = options(min_item_count=2, min_pair_count=5)
    expected = [("A", pytest.approx(36 / 792)), ("B", pytest.approx(36 / 792))]
    assert expected == pairs(TWELVE_CUSTOMERS, wanted, *columns)


def test_items_of_one_product_are_no_tests_of_each_other() -> None:
    shop = Shop(TWELVE_CUSTOMERS, products={"A": "p1", "C": "p1", "E": "p1", "B": "p2"})
    summary = summary_of(shop, options(min_item_count=2))
    assert summary.tested_pair_count == 3


def test_holm_is_stricter_than_benjamini_and_hochberg() -> None:
    # p of A-B is that of C-D: 4 of 4 in 12 baskets, 1/495; m = 6: q = 6/495 / 2, by Holm 6/495.
    lines = tuple(
        SaleLine(f"c{number}", f"c{number}", item, 3 * DAY)
        for number, items in enumerate(["AB"] * 4 + ["CD"] * 4 + ["E"] * 4)
        for item in items
    )
    wanted = options(min_pair_count=2, min_item_count=4)
    assert pairs(lines, wanted, "q_value")[0] == (pytest.approx(10 / 495 / 2),)
    by_holm = wanted.model_copy(update={"correction": "holm"})
    assert pairs(lines, by_holm, "q_value")[0] == (pytest.approx(10 / 495),)


def test_items_of_one_product_are_never_beside_each_other_at_sku_level() -> None:
    shop = Shop(FIVE_CUSTOMERS, products={"A": "p1", "B": "p1", "C": "p2"})
    summary_of(shop, options())
    rows = rows_of(shop_engine(), "also_bought", "source_item_id", "target_item_id")
    assert rows == [("A", "C"), ("C", "A")]


def test_a_giant_basket_is_left_out_and_counted() -> None:
    giant = tuple(SaleLine("9", "fay", item, 3 * DAY) for item in "ABC")
    summary = summary_of(Shop((*FIVE_CUSTOMERS, *giant)), options(max_basket_items=2))
    assert (summary.basket_count, summary.giant_basket_count) == (5, 1)
    assert rows_of(shop_engine(), "also_bought", *COUNTS)[0] == ("A", "B", 1, 2, 3, 2, 5, 2)


def test_items_below_their_minimum_form_no_pairs() -> None:
    summary = summary_of(Shop(FIVE_CUSTOMERS), options(min_item_count=3))
    assert (summary.item_count, summary.row_count) == (1, 0)


def test_the_window_holds_its_start_and_not_its_end() -> None:
    lines = drawn_sales("""
        order | customer | item | at
        1     | ann      | A    | 2d
        2     | ann      | B    | 8d+23h
        3     | bob      | A    | 1d+23h
        4     | bob      | B    | 3d
        5     | cid      | A    | 9d
        6     | cid      | B    | 3d
    """)
    columns = ("source_item_id", "joint_count", "source_count", "basket_count")
    assert pairs(lines, options(), *columns) == [("A", 1, 1, 3), ("B", 1, 3, 3)]


def test_an_empty_window_gives_a_table_without_rows() -> None:
    summary = summary_of(Shop(), options())
    assert summary == AssociationSummary(0, 0, 0, 0, 0, 0, 0, 0, 0, 0)


def test_rule_ids_are_hashes_of_what_the_row_is() -> None:
    rows = pairs(FIVE_CUSTOMERS, options(), "source_item_id", "target_item_id", "rule_id")
    text = "also_bought\x1fcustomer\x1fsku\x1fA\x1fB"
    digest = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
    assert rows[0] == ("A", "B", digest[:16])


def test_columns_are_those_of_the_published_table() -> None:
    summary_of(Shop(FIVE_CUSTOMERS), options())
    assert ALSO_BOUGHT.column_names == tuple(shop_engine().fetch("also_bought").column_names)


@pytest.mark.parametrize("grain", ["customer", "customer_day", "order"])
def test_neither_row_order_nor_slices_matter(grain: str, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = pairs(FIVE_CUSTOMERS, options(grain=grain), *ALSO_BOUGHT.column_names)
    shuffled = random.Random(1).sample(FIVE_CUSTOMERS, len(FIVE_CUSTOMERS))  # noqa: S311
    monkeypatch.setattr(slices, "ROWS_PER_SLICE", 1)
    monkeypatch.setattr("pipeline.mining.pair_tables.PAIR_ROWS_PER_GROUP", 1)
    assert expected == pairs(tuple(shuffled), options(grain=grain), *ALSO_BOUGHT.column_names)


@given(
    shop=shops(),
    wanted=st.builds(
        AlsoBought,
        grain=st.sampled_from(["customer", "customer_day", "order"]),
        min_item_count=st.integers(1, 2),
        min_pair_count=st.integers(1, 2),
        min_customers=st.integers(1, 2),
        min_lift=st.sampled_from([0.0, 1.0, 1.2]),
        max_basket_items=st.sampled_from([3, 100]),
        max_targets=st.integers(1, 3),
        max_q_value=st.sampled_from([None, 0.9137, 0.3713]),
        correction=st.sampled_from(["benjamini_hochberg", "holm"]),
    ),
    item_level=st.sampled_from(["sku", "product"]),
)
def test_random_shops_agree_with_the_oracle(
    shop: Shop, wanted: AlsoBought, item_level: str
) -> None:
    expected = sorted(
        (*(row[name] for name in COUNTS[:-1]), row["person_count"], *(row[q] for q in TESTS))
        for row in also_bought(shop, wanted, WINDOW, item_level)
    )
    summary = summary_of(shop, wanted, item_level)
    found = rows_of(shop_engine(), "also_bought", *COUNTS, *TESTS)
    assert [row[:8] for row in expected] == [row[:8] for row in found]
    assert [row[8:] for row in expected] == [pytest.approx(row[8:]) for row in found]
    left_out = summary.few_person_pair_count + summary.insignificant_pair_count
    kept_count = 2 * (summary.candidate_pair_count - left_out)
    assert summary.row_count == kept_count - summary.low_rank_row_count
