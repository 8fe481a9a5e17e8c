"""Viewed this, also viewed: hand-worked logs, and random ones against the oracle."""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config.mining_options import AlsoViewed
from pipeline.mining import slices
from pipeline.mining.associations import build_also_viewed
from pipeline.mining.pair_tables import AssociationSummary
from pipeline.mining.window import Window
from pipeline.names import ALSO_VIEWED
from tests.reference_tables import also_viewed
from tests.shops import Shop, View, drawn_views, load_shop, rows_of, shop_engine, shops
from tests.tables import instant

WINDOW = Window(instant("2d"), instant("9d"))
COUNTS = (
    "source_item_id",
    "target_item_id",
    "rank",
    "joint_count",
    "source_count",
    "target_count",
    "basket_count",
    "visitor_count",
)

# Ann sees A before B in two sessions, bob B before A in one; cid reloads A and sees nothing else.
FOUR_SESSIONS = drawn_views("""
    visitor | session | item | at
    ann     | s1      | A    | 3d
    ann     | s1      | B    | 3d+1m
    ann     | s1      | A    | 3d+2m
    ann     | s2      | A    | 4d
    ann     | s2      | B    | 4d+1m
    bob     | s3      | B    | 3d
    bob     | s3      | A    | 3d+1m
    cid     | s4      | A    | 3d
    cid     | s4      | A    | 3d+1m
""")


def options(**changes: Any) -> AlsoViewed:
    """Options that keep every pair, unless changed."""
    lenient = {
        "min_item_count": 1,
        "min_pair_count": 1,
        "min_visitors": 1,
        "min_lift": 0.0,
        "max_q_value": None,
    }
    return AlsoViewed(**{**lenient, **changes})


def summary_of(shop: Shop, wanted: AlsoViewed) -> AssociationSummary:
    """Build the table from a shop and return its summary."""
    load_shop(shop_engine(), shop)
    return build_also_viewed(shop_engine(), wanted, WINDOW, "sku")


def pairs(views: tuple[View, ...], wanted: AlsoViewed, *columns: str) -> list[tuple[Any, ...]]:
    """Build the table from views and return some of its columns."""
    summary_of(Shop(views=views), wanted)
    return rows_of(shop_engine(), "also_viewed", *columns)


def test_sessions_count_pairs_and_reloads_collapse() -> None:
    expected = [("A", "B", 1, 3, 4, 3, 4, 2), ("B", "A", 1, 3, 3, 4, 4, 2)]
    assert expected == pairs(FOUR_SESSIONS, options(), *COUNTS)


def test_after_only_counts_sessions_that_saw_the_target_for_the_first_time_later() -> None:
    expected = [("A", "B", 1, 2, 4, 3, 4, 1), ("B", "A", 1, 1, 3, 4, 4, 1)]
    assert expected == pairs(FOUR_SESSIONS, options(after_only=True), *COUNTS)


def test_each_direction_is_a_test_of_its_own_where_only_targets_after_the_source_count() -> None:
    # A in 4 of 4 sessions: whatever the joint count, it could not have been smaller by chance
    # than 2 of B's 3, nor 1. Of 2 items both orders are tests, so m is 2.
    assert summary_of(Shop(views=FOUR_SESSIONS), options()).tested_pair_count == 1
    wanted = options(after_only=True)
    assert summary_of(Shop(views=FOUR_SESSIONS), wanted).tested_pair_count == 2
    columns = ("source_item_id", "p_value", "q_value")
    assert pairs(FOUR_SESSIONS, wanted, *columns) == [("A", 1.0, 1.0), ("B", 1.0, 1.0)]


def test_after_only_takes_no_side_where_both_were_seen_at_the_same_instant() -> None:
    views = drawn_views("""
        visitor | item | at
        ann     | A    | 3d
        ann     | B    | 3d
    """)
    assert pairs(views, options(), "joint_count") == [(1,), (1,)]
    assert pairs(views, options(after_only=True), "joint_count") == []


def test_a_visitor_day_joins_sessions_and_ends_at_midnight() -> None:
    views = drawn_views("""
        visitor | session | item | at
        ann     | s1      | A    | 3d
        ann     | s2      | B    | 3d+23h
        ann     | s2      | C    | 4d
    """)
    columns = ("source_item_id", "target_item_id")
    assert pairs(views, options(), *columns) == [("B", "C"), ("C", "B")]
    by_day = options(grain="visitor_day")
    assert pairs(views, by_day, *columns) == [("A", "B"), ("B", "A")]


def test_a_pair_of_too_few_visitors_is_left_out() -> None:
    assert len(pairs(FOUR_SESSIONS, options(min_visitors=2), "rule_id")) == 2
    assert pairs(FOUR_SESSIONS, options(min_visitors=3), "rule_id") == []
    assert pairs(FOUR_SESSIONS, options(min_visitors=2, after_only=True), "rule_id") == []


def test_pairs_of_one_product_are_kept_because_sizes_are_looked_at_together() -> None:
    summary = summary_of(Shop(views=FOUR_SESSIONS, products={"A": "p", "B": "p"}), options())
    assert summary.row_count == 2


def test_a_giant_session_is_left_out_and_counted() -> None:
    summary = summary_of(Shop(views=FOUR_SESSIONS), options(max_basket_items=1))
    assert (summary.basket_count, summary.giant_basket_count, summary.row_count) == (1, 3, 0)


def test_the_window_holds_its_start_and_not_its_end() -> None:
    views = drawn_views("""
        visitor | item | at
        ann     | A    | 2d
        ann     | B    | 3d
        bob     | A    | 9d
        bob     | B    | 8d
    """)
    columns = ("source_item_id", "joint_count", "source_count", "basket_count")
    assert pairs(views, options(), *columns) == [("A", 1, 1, 2), ("B", 1, 2, 2)]


def test_columns_are_those_of_the_published_table() -> None:
    summary_of(Shop(views=FOUR_SESSIONS), options())
    assert ALSO_VIEWED.column_names == tuple(shop_engine().fetch("also_viewed").column_names)


@pytest.mark.parametrize("after_only", [False, True])
def test_neither_row_order_nor_slices_matter(
    monkeypatch: pytest.MonkeyPatch,
    after_only: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    wanted = options(after_only=after_only)
    expected = pairs(FOUR_SESSIONS, wanted, *ALSO_VIEWED.column_names)
    shuffled = random.Random(1).sample(FOUR_SESSIONS, len(FOUR_SESSIONS))  # noqa: S311
    monkeypatch.setattr(slices, "ROWS_PER_SLICE", 1)
    monkeypatch.setattr("pipeline.mining.pair_tables.PAIR_ROWS_PER_GROUP", 1)
    assert expected == pairs(tuple(shuffled), wanted, *ALSO_VIEWED.column_names)


@given(
    shop=shops(),
    wanted=st.builds(
        AlsoViewed,
        grain=st.sampled_from(["session", "visitor_day"]),
        min_item_count=st.integers(1, 2),
        min_pair_count=st.integers(1, 2),
        min_visitors=st.integers(1, 2),
        min_lift=st.sampled_from([0.0, 1.0, 1.2]),
        max_basket_items=st.sampled_from([3, 100]),
        max_targets=st.integers(1, 3),
        max_q_value=st.sampled_from([None, 0.9137, 0.3713]),
        correction=st.sampled_from(["benjamini_hochberg", "holm"]),
        after_only=st.booleans(),
    ),
)
def test_random_shops_agree_with_the_oracle(shop: Shop, wanted: AlsoViewed) -> None:
    expected = sorted(
        (*(row[name] for name in COUNTS[:-1]), row["person_count"], row["p_value"], row["q_value"])
        for row in also_viewed(shop, wanted, WINDOW)
    )
    summary_of(shop, wanted)
    found = rows_of(shop_engine(), "also_viewed", *COUNTS, "p_value", "q_value")
    assert [row[:8] for row in expected] == [row[:8] for row in found]
    assert [row[8:] for row in expected] == [pytest.approx(row[8:]) for row in found]
