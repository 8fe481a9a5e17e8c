"""Sales and views of every item: hand-worked shops, and random ones against the oracle."""

from typing import Any

import pytest
from hypothesis import given

from pipeline.mining import slices
from pipeline.mining.item_stats import ItemStatsSummary, build_item_stats
from pipeline.mining.window import Window
from pipeline.names import ITEM_STATS
from tests.reference_tables import item_stats
from tests.shops import Shop, drawn_sales, drawn_views, load_shop, rows_of, shop_engine, shops
from tests.tables import DAY, instant

WINDOW = Window(instant("2d"), instant("9d"))
SALES = drawn_sales("""
    order | customer | item | at | quantity | amount
    1     | ann      | A    | 2d | 2        | 10
    1     | ann      | A    | 2d | 1        | 5.5
    2     | ann      | A    | 4d | 0.5      | 2.5
    3     | -        | A    | 5d | 1        | 5
    4     | bob      | B    | 3d | 1        | 7
    5     | bob      | A    | 9d | 1        | 5
""")
VIEWS = drawn_views("""
    visitor | session | item | at
    ann     | s1      | A    | 3d
    ann     | s1      | A    | 3d+1m
    ann     | s2      | A    | 4d
    eve     | s3      | C    | 4d
    eve     | s4      | C    | 9d
""")


def summary_of(shop: Shop) -> ItemStatsSummary:
    """Build the table from a shop and return its summary."""
    load_shop(shop_engine(), shop)
    return build_item_stats(shop_engine(), WINDOW, "sku")


def built(shop: Shop, *columns: str) -> list[tuple[Any, ...]]:
    """Build the table from a shop and return some of its columns."""
    summary_of(shop)
    return rows_of(shop_engine(), "item_stats", *columns)


def test_sales_are_counted_by_order_and_by_known_customer() -> None:
    columns = ("item_id", "order_count", "customer_count", "quantity", "revenue")
    expected = [("A", 3, 1, 4.5, 23.0), ("B", 1, 1, 1.0, 7.0), ("C", 0, 0, 0.0, 0.0)]
    assert expected == built(Shop(SALES, VIEWS), *columns)


def test_views_are_counted_with_reloads_and_by_visitor() -> None:
    columns = ("item_id", "view_count", "visitor_count")
    assert [("A", 3, 1), ("B", 0, 0), ("C", 1, 1)] == built(Shop(SALES, VIEWS), *columns)


def test_first_and_last_sale_stand_inside_the_window() -> None:
    columns = ("item_id", "first_sold_at", "last_sold_at")
    expected = [("A", 2 * DAY, 5 * DAY), ("B", 3 * DAY, 3 * DAY), ("C", None, None)]
    assert expected == built(Shop(SALES, VIEWS), *columns)


def test_an_item_that_only_stands_in_the_catalogue_has_a_row() -> None:
    shop = Shop(products={"Z": "p1"})
    columns = ("item_id", "name", "price", "stock", "order_count", "revenue", "item_level")
    assert [("Z", "name of Z", 5.0, 7, 0, None, "sku")] == built(shop, *columns)
    assert summary_of(shop) == ItemStatsSummary(0, 0, 1)


def test_without_prices_revenue_is_null() -> None:
    sales = drawn_sales("""
        order | customer | item | at
        1     | ann      | A    | 3d
    """)
    assert [("A", None), ("C", None)] == built(Shop(sales, VIEWS[3:]), "item_id", "revenue")


def test_slices_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = built(Shop(SALES, VIEWS), *ITEM_STATS.column_names)
    monkeypatch.setattr(slices, "ROWS_PER_SLICE", 1)
    assert expected == built(Shop(SALES[::-1], VIEWS[::-1]), *ITEM_STATS.column_names)


def test_columns_are_those_of_the_published_table() -> None:
    summary_of(Shop(SALES))
    assert ITEM_STATS.column_names == tuple(shop_engine().fetch("item_stats").column_names)


@given(shop=shops())
def test_random_shops_agree_with_the_oracle(shop: Shop) -> None:
    summary_of(shop)
    expected = {row["item_id"]: row for row in item_stats(shop, WINDOW)}
    rows = shop_engine().fetch("item_stats").to_pylist()
    columns = ["item_id", *next(iter(expected.values()), {"item_id": None})]
    assert expected == {row["item_id"]: {name: row[name] for name in columns} for row in rows}
