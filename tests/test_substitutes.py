"""Looked at together, bought instead: a hand-worked shop, and random ones against the oracle."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config.family_options import Substitutes
from pipeline.config.mining_options import ViewThenBought
from pipeline.mining.substitutes import SubstituteSummary, build_substitutes, substitute_pairs
from pipeline.mining.window import Window
from pipeline.names import SUBSTITUTES
from tests.reference_family import substitutes
from tests.reference_tables import view_then_bought
from tests.shops import Shop, drawn_sales, drawn_views, load_shop, rows_of, shop_engine, shops
from tests.tables import instant

WINDOW = Window(instant("1d"), instant("20d"))
COUNTS = (
    "source_item_id", "target_item_id", "session_count", "visitor_count", "n_viewers", "n_buyers",
    "switch_count", "order_count", "source_order_count", "target_order_count", "basket_count",
)  # fmt: skip

# Red and blue are looked at together by three visitors and never bought together; ann and bob
# looked at red and bought blue, cid bought red. Two orders of other things.
LAMPS = Shop(
    sale_lines=drawn_sales("""
        order | customer | item | at
        1     | ann      | blue | 3d
        2     | bob      | blue | 3d
        2     | bob      | bulb | 3d
        3     | cid      | red  | 3d
        4     | dan      | bulb | 4d
        5     | dan      | bulb | 5d
    """),
    views=drawn_views("""
        visitor | item | at
        ann     | red  | 2d
        ann     | blue | 2d+1m
        bob     | red  | 2d
        bob     | blue | 2d+1m
        cid     | red  | 2d
        cid     | blue | 2d+1m
        eve     | red  | 2d
        eve     | bulb | 2d+1m
    """),
)


def options(**changes: Any) -> Substitutes:
    """Options that keep every pair, unless changed."""
    return Substitutes(**{"min_visitors": 1, "min_buyer_share": 0.0, **changes})


def summary_of(shop: Shop, wanted: Substitutes, horizon: str = "7") -> SubstituteSummary:
    """Build the table from a shop and return its summary."""
    load_shop(shop_engine(), shop)
    return build_substitutes(shop_engine(), wanted, WINDOW, "sku", horizon=horizon)


def rows(*columns: str) -> list[tuple[Any, ...]]:
    return rows_of(shop_engine(), "substitutes", *columns)


def test_what_viewers_bought_instead_in_other_orders_replaces_the_item() -> None:
    summary = summary_of(LAMPS, options(min_visitors=3))
    expected = [
        ("blue", "red", 3, 3, 3, 3, 1, 0, 2, 1, 5),
        ("red", "blue", 3, 3, 4, 3, 2, 0, 1, 2, 5),
    ]
    assert expected == rows(*COUNTS)
    assert SubstituteSummary(4, 0, 1, 1, 2) == summary
    assert SUBSTITUTES.column_names == tuple(shop_engine().fetch("substitutes").column_names)


def test_shares_weigh_an_order_of_two_items_by_half() -> None:
    summary_of(LAMPS, options(min_visitors=3))
    names = ("source_item_id", "pct_of_buyers", "order_lift", "p_value")
    # Of red's three buyers ann bought blue alone and bob blue and a bulb: 1.5 of 3.
    # 0 of 1 red orders among 2 of 5 blue ones: not together by chance 3 / 5.
    expected = [
        ("blue", pytest.approx(100 / 3), 0.0, pytest.approx(3 / 5)),
        ("red", pytest.approx(50), 0.0, pytest.approx(3 / 5)),
    ]
    assert expected == rows(*names)


def test_a_pair_that_is_bought_together_as_often_as_expected_replaces_nothing() -> None:
    together = drawn_sales("""
        order | customer | item | at
        7     | fay      | red  | 6d
        7     | fay      | blue | 6d
    """)
    shop = Shop((*LAMPS.sale_lines, *together), LAMPS.views)
    summary = summary_of(shop, options(min_visitors=3))
    # 1 of 6 orders, expected 2 * 3 / 6 = 1.
    assert (1, 0, 0) == (summary.viewed_pair_count, summary.apart_pair_count, summary.row_count)


def test_too_few_visitors_too_small_a_share_and_giant_sessions_are_left_out() -> None:
    assert 0 == summary_of(LAMPS, options(min_visitors=4)).row_count
    assert 1 == summary_of(LAMPS, options(min_visitors=3, min_buyer_share=0.4)).row_count
    assert 2 == summary_of(LAMPS, options(min_visitors=3, min_buyer_share=1 / 3)).row_count
    assert 4 == summary_of(LAMPS, options(max_session_items=1)).giant_session_count
    summary_of(LAMPS, options(max_p_value=0.5))  # a bulb in none of the red orders: 2 / 5
    assert [("red", "bulb")] == rows("source_item_id", "target_item_id")


def test_pairs_are_given_to_other_stages_by_item_code() -> None:
    summary_of(LAMPS, options(min_visitors=3))
    red, blue = (LAMPS.items.index(item) for item in ("red", "blue"))
    found = substitute_pairs(shop_engine()).to_pylist()
    assert sorted([(red, blue), (blue, red)]) == sorted(tuple(row.values()) for row in found)
    summary_of(LAMPS, options(min_visitors=9))
    assert 0 == substitute_pairs(shop_engine()).num_rows


def test_nothing_in_the_window_gives_no_rows() -> None:
    assert SubstituteSummary(0, 0, 0, 0, 0) == summary_of(Shop(), options())


@given(
    shop=shops(),
    wanted=st.builds(
        Substitutes,
        min_visitors=st.integers(1, 2),
        max_session_items=st.sampled_from([3, 100]),
        max_basket_items=st.sampled_from([3, 100]),
        max_p_value=st.sampled_from([None, 0.7]),
        min_buyer_share=st.sampled_from([0.0, 0.25, 0.5]),
    ),
    horizon=st.sampled_from(["session", "1", "7"]),
)
def test_random_shops_agree_with_the_oracle(shop: Shop, wanted: Substitutes, horizon: Any) -> None:
    every = ViewThenBought(horizon=horizon, min_viewers=1, max_targets=99)
    switched = {
        (row["source_item_id"], row["target_item_id"]): row
        for row in view_then_bought(shop, every, WINDOW)
        if row["target_kind"] == "item"
    }
    names = [name for name in COUNTS if name != "switch_count"]
    expected = sorted(
        (
            *(row[name] for name in names),
            pytest.approx(row["pct_of_buyers"]),
            pytest.approx(row["p_value"]),
        )
        for row in substitutes(shop, wanted, WINDOW, switched)
    )
    summary_of(shop, wanted, horizon)
    assert expected == rows(*names, "pct_of_buyers", "p_value")
