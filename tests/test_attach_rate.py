"""How often a category goes with an item: hand-worked orders, random ones against the oracle."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config.family_options import AttachRate
from pipeline.mining import attach_rate as stage
from pipeline.mining.attach_rate import AttachRateSummary, build_attach_rate
from pipeline.mining.window import Window
from pipeline.names import ATTACH_RATE
from tests.reference_family import attach_rate
from tests.shops import SaleLine, Shop, drawn_sales, load_shop, rows_of, shop_engine, shops
from tests.tables import instant

COUNTS = ("source_item_id", "category", "month", "order_count", "attached_count", "category_rank")
CATEGORIES = {"phone": "phones", "case": "cases", "cover": "cases", "cable": "cables"}
WINDOW = Window(instant("0d"), instant("58d"))

# January: of three orders with a phone two hold a case or cover, one of them both, one a cable.
# February: one of one holds a cable.
SALES = drawn_sales("""
    order | customer | item  | at
    1     | ann      | phone | 3d
    1     | ann      | case  | 3d
    1     | ann      | cover | 3d
    2     | bob      | phone | 4d
    2     | bob      | case  | 4d
    2     | bob      | cable | 4d
    3     | -        | phone | 5d
    4     | cid      | case  | 6d
    5     | ann      | phone | 40d
    5     | ann      | cable | 40d
    6     | ann      | x     | 41d
""")


def options(**changes: Any) -> AttachRate:
    """Options that keep every category, unless changed."""
    return AttachRate(**{"min_order_count": 1, "min_attached_count": 1, **changes})


def summary_of(
    shop: Shop, wanted: AttachRate, categories: dict[str, str], window: Window = WINDOW
) -> AttachRateSummary:
    """Build the table from a shop whose items have categories, and return its summary."""
    load_shop(shop_engine(), replace(shop, categories=categories))
    summary = build_attach_rate(shop_engine(), wanted, window, "sku")
    shop_engine().hold("attach_rate")
    return summary


def rows(*columns: str) -> list[tuple[Any, ...]]:
    return rows_of(shop_engine(), "attach_rate", *columns)


def test_an_order_counts_once_however_many_items_of_the_category_it_holds() -> None:
    summary = summary_of(Shop(SALES), options(), CATEGORIES)
    phones = [row for row in rows(*COUNTS, "attach_rate") if row[0] == "phone"]
    # Over both months 2 of 4 phones went with cases and with cables; of all six orders three
    # hold cases and two cables, so cables come first.
    expected = [
        ("phone", "cables", "1970-01", 3, 1, 1, pytest.approx(1 / 3)),
        ("phone", "cables", "1970-02", 1, 1, 1, 1.0),
        ("phone", "cases", "1970-01", 3, 2, 2, pytest.approx(2 / 3)),
        ("phone", "cases", "1970-02", 1, 0, 2, 0.0),
    ]
    assert expected == phones
    assert (6, 0, 3) == (summary.basket_count, summary.giant_basket_count, summary.category_count)
    assert ATTACH_RATE.column_names == tuple(shop_engine().fetch("attach_rate").column_names)


def test_more_pairs_than_there_is_room_for_at_first_are_counted_like_few() -> None:
    items = [f"i{number:02}" for number in range(40)]
    orders = {"1": items, "2": items[:30]}
    sales = tuple(
        SaleLine(order, None, item, instant("3d"))
        for order, held in orders.items()
        for item in held
    )
    categories = {item: f"of {item}" for item in items}
    summary_of(Shop(sales), options(max_categories=100), categories)
    expected = [
        (source, f"of {other}", 1 + (other in orders["2"] and source in orders["2"]))
        for source in items
        for other in items
        if source != other
    ]
    assert expected == sorted(rows("source_item_id", "category", "attached_count"))


def test_the_item_itself_is_no_item_of_its_category() -> None:
    summary_of(Shop(SALES), options(), CATEGORIES)
    own = [row for row in rows(*COUNTS[:5]) if row[:2] == ("case", "cases")]
    assert [("case", "cases", "1970-01", 3, 1)] == own  # only order 1 holds the cover too


def test_the_baseline_is_the_share_of_all_orders_of_the_month() -> None:
    summary_of(Shop(SALES), options(), CATEGORIES)
    names = ("source_item_id", "category", "month", "baseline_share", "lift_low")
    cables = [row[3:] for row in rows(*names) if row[:2] == ("phone", "cables")]
    low = 0.15003 / (2 / 6)  # Wilson's lower bound of 2 of 4, against 2 of 6 orders
    assert [(1 / 4, pytest.approx(low, rel=1e-4)), (1 / 2, pytest.approx(low, rel=1e-4))] == cables


def test_a_category_is_as_deep_as_asked_for() -> None:
    paths = {"phone": "tech > phones", "case": "tech > cases > soft", "cover": "tech > cases"}
    summary_of(Shop(SALES), options(), paths)
    assert {"tech > cases", "tech > phones"} == {row[0] for row in rows("category")}
    summary_of(Shop(SALES), options(category_depth=1), paths)
    assert {("tech",)} == set(rows("category"))


def test_items_and_categories_of_too_few_orders_and_giant_orders_are_left_out() -> None:
    summary_of(Shop(SALES), options(min_order_count=4), CATEGORIES)
    assert {("phone",)} == set(rows("source_item_id"))
    summary_of(Shop(SALES), options(min_attached_count=3), CATEGORIES)
    assert [] == rows("source_item_id")
    summary = summary_of(Shop(SALES), options(max_basket_items=2), CATEGORIES)
    assert (4, 2) == (summary.basket_count, summary.giant_basket_count)


def test_rows_come_in_the_order_of_the_file() -> None:
    load_shop(shop_engine(), replace(Shop(SALES), categories=CATEGORIES))
    build_attach_rate(shop_engine(), options(), WINDOW, "sku")
    promised = list(shop_engine().in_order("attach_rate", COUNTS, ATTACH_RATE.sort))
    shop_engine().hold("attach_rate")
    sql = f"select {', '.join(COUNTS)} from attach_rate order by {ATTACH_RATE.sort}"
    expected = [row for batch in shop_engine().batches(sql) for row in batch.to_pylist()]
    assert expected == [row for batch in promised for row in batch.to_pylist()]
    assert len(expected) > 5


def test_nothing_in_the_window_gives_no_rows() -> None:
    assert 0 == summary_of(Shop(), options(), {}).row_count


@given(
    shop=shops(),
    wanted=st.builds(
        AttachRate,
        min_order_count=st.integers(1, 2),
        min_attached_count=st.integers(1, 2),
        max_basket_items=st.sampled_from([3, 100]),
        max_categories=st.integers(1, 2),
    ),
    categories=st.dictionaries(st.sampled_from("ABCDE"), st.sampled_from("xyz")),
    per_slice=st.sampled_from([1, 2, 100]),
)
def test_random_shops_agree_with_the_oracle(
    shop: Shop, wanted: AttachRate, categories: dict[str, str], per_slice: int
) -> None:
    window = Window(instant("1d"), instant("9d"))
    names = (*COUNTS, "total_order_count", "total_attached_count")
    expected = sorted(
        tuple(row[name] for name in names) for row in attach_rate(shop, wanted, window, categories)
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stage, "ITEMS_PER_SLICE", per_slice)
        summary_of(shop, wanted, categories, window)
    assert expected == rows(*names)
