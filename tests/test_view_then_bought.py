"""Viewed this, ultimately bought: hand-worked shops, and random ones against the oracle."""

import hashlib
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config.mining_options import ViewThenBought
from pipeline.mining import slices
from pipeline.mining.view_then_bought import (
    Counting,
    ViewThenBoughtSummary,
    build_view_then_bought,
)
from pipeline.mining.window import Window
from pipeline.names import VIEW_THEN_BOUGHT
from tests.reference_tables import view_then_bought, wilson
from tests.shops import (
    SaleLine,
    Shop,
    View,
    drawn_sales,
    drawn_views,
    load_shop,
    rows_of,
    shop_engine,
    shops,
)
from tests.tables import DAY, MINUTE, instant

WINDOW = Window(instant("2d"), instant("20d"))
KEY = ("source_item_id", "target_kind", "target_item_id")
COUNTS = (*KEY, "rank", "n_viewers", "n_buyers", "n_target")
PERCENTS = (*KEY, "pct_of_buyers", "pct_of_buyers_any", "pct_of_viewers")

# The case of the definitions: ten viewers of A, five of whom buy afterwards.
TEN_VIEWERS = tuple(View(f"v{number}", f"v{number}", "A", 3 * DAY) for number in range(10))
FIVE_BUYERS = drawn_sales("""
    order | customer | item | at
    1     | v0       | A    | 4d
    2     | v1       | A    | 4d
    3     | v2       | A    | 4d
    4     | v3       | C    | 4d
    5     | v4       | B    | 4d
    6     | v4       | A    | 5d
""")
HAND_CASE = Shop(FIVE_BUYERS, TEN_VIEWERS)


def options(**changes: Any) -> ViewThenBought:
    """Options that keep every source item, unless changed."""
    return ViewThenBought(**{"min_viewers": 1, "min_displayable_buyers": 1, **changes})


def summary_of(shop: Shop, wanted: ViewThenBought) -> ViewThenBoughtSummary:
    """Build the table from a shop and return its summary."""
    load_shop(shop_engine(), shop)
    return build_view_then_bought(shop_engine(), wanted, WINDOW, "sku")


def built(shop: Shop, wanted: ViewThenBought, *columns: str) -> list[tuple[Any, ...]]:
    """Build the table from a shop and return some of its columns."""
    summary_of(shop, wanted)
    return rows_of(shop_engine(), "view_then_bought", *columns)


def targets(sales: str, views: str, wanted: ViewThenBought) -> list[tuple[Any, ...]]:
    """Return kind, target and buyers of what the viewers of A bought."""
    shop = Shop(drawn_sales(sales), drawn_views(views))
    rows = built(shop, wanted, *KEY, "n_target")
    return [row[1:] for row in rows if row[0] == "A"]


def test_ten_viewers_of_whom_five_buy() -> None:
    expected = [
        ("A", "item", "B", 0.0, 20.0, 10.0),
        ("A", "item", "C", 20.0, 20.0, 10.0),
        ("A", "none", None, None, None, 50.0),
        ("A", "other", None, 0.0, 0.0, 0.0),
        ("A", "own", "A", 80.0, 80.0, 40.0),
    ]
    assert expected == built(HAND_CASE, options(), *PERCENTS)


def test_every_row_shows_its_counts_and_its_rank() -> None:
    expected = [
        ("A", "item", "B", 3, 10, 5, 1),
        ("A", "item", "C", 2, 10, 5, 1),
        ("A", "none", None, None, 10, 5, 5),
        ("A", "other", None, None, 10, 5, 0),
        ("A", "own", "A", 1, 10, 5, 4),
    ]
    assert expected == built(HAND_CASE, options(), *COUNTS)


def test_targets_beyond_the_best_are_the_other_row() -> None:
    expected = [
        ("A", "item", "C", 20.0, 20.0, 10.0),
        ("A", "none", None, None, None, 50.0),
        ("A", "other", None, 0.0, 20.0, 10.0),
        ("A", "own", "A", 80.0, 80.0, 40.0),
    ]
    assert expected == built(HAND_CASE, options(max_targets=1), *PERCENTS)


def test_a_buyer_of_two_other_items_is_one_buyer_of_other_items() -> None:
    shop = Shop(
        drawn_sales("""
            order | customer | item | at
            1     | ann      | B    | 4d
            1     | ann      | C    | 4d
            1     | ann      | D    | 4d
        """),
        drawn_views("""
            visitor | item | at
            ann     | A    | 3d
        """),
    )
    columns = ("target_kind", "target_item_id", "n_target", "pct_of_buyers")
    assert built(shop, options(max_targets=1), *columns) == [
        ("item", "B", 1, pytest.approx(100 / 3)),
        ("none", None, 0, None),
        ("other", None, 1, pytest.approx(200 / 3)),
        ("own", "A", 0, 0.0),
    ]


def test_orders_of_the_same_instant_are_one_and_their_items_share_it() -> None:
    shop = Shop(
        drawn_sales("""
            order | customer | item | at
            1     | ann      | B    | 4d
            2     | ann      | C    | 4d
        """),
        drawn_views("""
            visitor | item | at
            ann     | A    | 3d
        """),
    )
    rows = built(shop, options(), "target_item_id", "pct_of_buyers")
    assert [("A", 0.0), ("B", 50.0), ("C", 50.0)] == rows[2:]


def test_a_viewer_counts_once_and_from_the_first_view() -> None:
    views = """
        visitor | item | at
        ann     | A    | 3d
        ann     | A    | 4d
        ann     | A    | 5d
    """
    sales = """
        order | customer | item | at
        1     | ann      | B    | 3d+1h
        2     | ann      | C    | 10d+1h
    """
    expected = [("item", "B", 1), ("none", None, 0), ("other", None, 0), ("own", "A", 0)]
    assert expected == targets(sales, views, options(horizon="7"))


def test_a_purchase_counts_after_the_first_view_until_the_horizon_ends() -> None:
    views = """
        visitor | item | at
        ann     | A    | 3d
        bob     | A    | 3d
        cid     | A    | 3d
    """
    sales = """
        order | customer | item | at
        1     | ann      | B    | 3d
        2     | bob      | C    | 10d
        3     | cid      | D    | 10d+1u
    """
    expected = [("item", "C", 1), ("none", None, 2), ("other", None, 0), ("own", "A", 0)]
    assert expected == targets(sales, views, options(horizon="7"))


def test_visitors_whose_horizon_is_open_are_left_out_throughout() -> None:
    views = """
        visitor | item | at
        ann     | A    | 13d
        bob     | A    | 13d+1u
    """
    sales = """
        order | customer | item | at
        1     | ann      | B    | 14d
        2     | bob      | C    | 14d
    """
    expected = [("item", "B", 1), ("none", None, 0), ("other", None, 0), ("own", "A", 0)]
    assert expected == targets(sales, views, options(horizon="7"))


def test_the_session_horizon_ends_half_an_hour_after_the_session_of_the_first_view() -> None:
    views = """
        visitor | session | item | at
        ann     | s1      | A    | 3d
        ann     | s1      | E    | 3d+1h
        ann     | s2      | A    | 3d+9h
    """
    sales = """
        order | customer | item | at
        1     | ann      | B    | 3d+90m
        2     | ann      | C    | 3d+90m+1u
        3     | ann      | D    | 3d+9h+1m
    """
    expected = [("item", "B", 1), ("none", None, 0), ("other", None, 0), ("own", "A", 0)]
    assert expected == targets(sales, views, options(horizon="session"))


def test_a_session_that_is_open_at_the_end_of_the_window_is_left_out() -> None:
    open_until = {"ann": WINDOW.end - 30 * MINUTE + 1, "bob": WINDOW.end - 30 * MINUTE}
    views = drawn_views("""
        visitor | item | at
        ann     | A    | 19d
        bob     | A    | 19d
    """)
    shop = Shop(views=views, session_ends=open_until)
    assert built(shop, options(horizon="session"), "n_viewers") == [(1,)] * 3


def test_views_outside_the_window_are_not_seen() -> None:
    views = drawn_views("""
        visitor | item | at
        ann     | A    | 2d
        bob     | A    | 1d+23h
        cid     | A    | 20d
    """)
    assert summary_of(Shop(views=views), options()) == ViewThenBoughtSummary(1, 1, 0, 0.0, 1, 1, 3)


def test_an_item_needs_enough_viewers() -> None:
    assert built(HAND_CASE, options(min_viewers=11), "rule_id") == []
    assert len(built(HAND_CASE, options(min_viewers=10), "rule_id")) == 5


def test_lift_compares_with_all_visitors_whether_their_horizon_is_open_or_not() -> None:
    # B: 1 of 10 viewers of A; of 12 visitors, v4 and late bought B.
    late = View("late", "late", "E", 19 * DAY)
    lost = View("lost", "lost", "E", 3 * DAY)
    sale = SaleLine("7", "late", "B", 2 * DAY)
    shop = Shop((*FIVE_BUYERS, sale), (*TEN_VIEWERS, late, lost))
    lifts = dict(built(shop, options(), "target_item_id", "lift_vs_base")[-5:])
    assert lifts["B"] == pytest.approx((1 / 10) / (2 / 12))


def test_the_stitch_rate_is_the_share_of_views_of_known_customers() -> None:
    summary = summary_of(HAND_CASE, options())
    assert (summary.view_count, summary.stitched_view_count) == (10, 5)
    assert rows_of(shop_engine(), "view_then_bought", "stitch_rate") == [(0.5,)] * 5


def test_wilson_bounds_enclose_the_percentage() -> None:
    low, high = wilson(4 / 5, 5)
    rows = built(HAND_CASE, options(), "target_kind", "pct_of_buyers_low", "pct_of_buyers_high")
    assert rows[-1] == ("own", pytest.approx(100 * low), pytest.approx(100 * high))
    assert ("none", None, None) in rows


def test_a_percentage_is_displayable_from_enough_buyers_and_a_large_enough_share() -> None:
    def displayable(wanted: ViewThenBought) -> list[Any]:
        rows = built(HAND_CASE, wanted, "target_kind", "target_item_id", "displayable")
        return [target or kind for kind, target, is_displayable in rows if is_displayable]

    assert displayable(options(min_displayable_buyers=5, min_displayable_share=0.2)) == ["C", "A"]
    assert displayable(options(min_displayable_buyers=5, min_displayable_share=0.21)) == ["A"]
    assert displayable(options(min_displayable_buyers=6)) == []


def test_thirds_of_orders_sum_to_whole_ones() -> None:
    lines = tuple(SaleLine(f"v{n}", f"v{n}", item, 4 * DAY) for n in range(3) for item in "BCD")
    views = tuple(View(f"v{n}", f"v{n}", "A", 3 * DAY) for n in range(3))
    rows = built(Shop(lines, views), options(), "target_item_id", "pct_of_buyers")
    assert rows[2:] == [("A", 0.0), ("B", 100 / 3), ("C", 100 / 3), ("D", 100 / 3)]


def test_an_order_of_a_hundred_items_still_sums_to_a_hundred() -> None:
    items = [f"i{number:03}" for number in range(100)]
    lines = tuple(SaleLine("1", "ann", item, 4 * DAY) for item in items)
    views = (View("ann", "s", "A", 3 * DAY),)
    rows = built(Shop(lines, views), options(), "target_kind", "pct_of_buyers")
    assert sum(percent or 0 for _, percent in rows) == pytest.approx(100, abs=1e-6)


def test_rule_ids_are_hashes_of_what_the_row_is() -> None:
    text = "view_then_bought\x1f7\x1fsku\x1fA\x1fown\x1fA"
    digest = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
    rows = built(HAND_CASE, options(), "target_kind", "rule_id")
    assert rows[-1] == ("own", digest[:16])


def test_columns_are_those_of_the_published_table() -> None:
    summary_of(HAND_CASE, options())
    columns = shop_engine().fetch("view_then_bought").column_names
    assert VIEW_THEN_BOUGHT.column_names == tuple(columns)


@pytest.mark.parametrize("horizon", ["7", "session"])
def test_neither_row_order_nor_slices_matter(horizon: str, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = options(horizon=horizon, max_targets=1)
    expected = built(HAND_CASE, wanted, *VIEW_THEN_BOUGHT.column_names)
    mix = random.Random(1)  # noqa: S311
    shuffled = Shop(
        tuple(mix.sample(FIVE_BUYERS, len(FIVE_BUYERS))),
        tuple(mix.sample(TEN_VIEWERS, len(TEN_VIEWERS))),
    )
    monkeypatch.setattr(slices, "ROWS_PER_SLICE", 1)
    assert expected == built(shuffled, wanted, *VIEW_THEN_BOUGHT.column_names)


@given(
    shop=shops(),
    wanted=st.builds(
        ViewThenBought,
        horizon=st.sampled_from(["session", "1", "7"]),
        min_viewers=st.integers(1, 2),
        max_targets=st.integers(1, 3),
        min_displayable_buyers=st.integers(1, 2),
        min_displayable_share=st.sampled_from([0.02, 0.5]),
    ),
    counting=st.sampled_from(["kernel", "sql"]),
)
def test_random_shops_agree_with_the_oracle(
    shop: Shop, wanted: ViewThenBought, counting: Counting
) -> None:
    window = Window(2 * DAY, 9 * DAY)
    load_shop(shop_engine(), shop)
    build_view_then_bought(shop_engine(), wanted, window, "sku", counting=counting)
    expected = {tuple(row[k] for k in KEY): row for row in view_then_bought(shop, wanted, window)}
    rows = shop_engine().fetch("view_then_bought").to_pylist()
    actual = {tuple(row[k] for k in KEY): row for row in rows}
    assert expected.keys() == actual.keys()
    for key, row in expected.items():
        assert row == {name: pytest.approx(actual[key][name]) for name in row}
