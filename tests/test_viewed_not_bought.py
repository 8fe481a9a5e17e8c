"""Viewed often and not bought: a hand-worked shop, and random ones against the oracle."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pipeline.config.family_options import ViewedNotBought
from pipeline.mining.viewed_not_bought import ViewedNotBoughtSummary, build_viewed_not_bought
from pipeline.mining.window import Window
from pipeline.names import VIEWED_NOT_BOUGHT
from tests.reference_family import viewed_not_bought
from tests.shops import Shop, drawn_sales, drawn_views, load_shop, rows_of, shop_engine, shops
from tests.tables import instant

VIEWING, BUYING = Window(instant("3d"), instant("9d")), Window(instant("1d"), instant("9d"))
COUNTS = ("customer_id", "item_id", "view_count", "session_count")

# Ann looks at A three times in two sessions; bob too, and bought it before; cid looks too early
# once; eve is no customer.
SHOP = Shop(
    sale_lines=drawn_sales("""
        order | customer | item | at
        1     | ann      | B    | 2d
        2     | bob      | A    | 2d
        3     | cid      | B    | 4d
    """),
    views=drawn_views("""
        visitor | session | item | at
        ann     | a1      | A    | 3d
        ann     | a1      | A    | 3d+5m
        ann     | a2      | A    | 8d
        ann     | a2      | B    | 8d
        bob     | b1      | A    | 3d
        bob     | b1      | A    | 4d
        bob     | b2      | A    | 5d
        cid     | c1      | A    | 2d
        cid     | c2      | A    | 4d
        cid     | c3      | A    | 5d
        eve     | e1      | A    | 4d
        eve     | e1      | A    | 5d
        eve     | e1      | A    | 6d
    """),
)


def summary_of(shop: Shop, min_views: int, buying: Window = BUYING) -> ViewedNotBoughtSummary:
    """Build the table from a shop and return its summary."""
    load_shop(shop_engine(), shop)
    options = ViewedNotBought(min_views=min_views)
    windows = (VIEWING, buying)
    return build_viewed_not_bought(
        shop_engine(), options, windows, "sku", view_count=len(shop.views)
    )


def rows(*columns: str) -> list[tuple[Any, ...]]:
    return rows_of(shop_engine(), "viewed_not_bought", *columns)


def test_a_customer_who_viewed_often_enough_and_did_not_buy_is_listed() -> None:
    assert ViewedNotBoughtSummary(2, 1, 1) == summary_of(SHOP, 3)
    times = ("first_viewed_at", "last_viewed_at")
    assert [("ann", "A", 3, 2, instant("3d"), instant("8d"))] == rows(*COUNTS, *times)
    assert VIEWED_NOT_BOUGHT.column_names == tuple(
        shop_engine().fetch("viewed_not_bought").column_names
    )


def test_a_purchase_before_the_days_that_are_asked_of_is_none() -> None:
    summary_of(SHOP, 3, Window(instant("3d"), instant("9d")))
    assert [("ann", "A", 3, 2), ("bob", "A", 3, 2)] == rows(*COUNTS)


def test_views_outside_the_window_do_not_count() -> None:
    summary_of(SHOP, 2)
    assert [("ann", "A", 3, 2), ("cid", "A", 2, 2)] == rows(*COUNTS)


@given(shop=shops(), min_views=st.integers(1, 3))
def test_random_shops_agree_with_the_oracle(shop: Shop, min_views: int) -> None:
    expected = sorted(
        tuple(row[name] for name in COUNTS)
        for row in viewed_not_bought(shop, min_views, (VIEWING, BUYING))
    )
    summary_of(shop, min_views)
    assert expected == rows(*COUNTS)
