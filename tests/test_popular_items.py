"""What sells best, to everyone and to segments: hand-worked shops, random ones by the oracle."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config.load import load_config
from pipeline.config.model import Config
from pipeline.config.serving_options import Serving
from pipeline.io.new_project import write_project
from pipeline.io.small_groups import leave_out_small_groups
from pipeline.mining import slices
from pipeline.mining.popular_items import PopularSummary, Sales, build_popular_items
from pipeline.mining.window import Window
from pipeline.names import POPULAR_ITEMS
from pipeline.possible import reasons_against, wanted_tables
from pipeline.run import run
from tests.reference_popularity import popular_items
from tests.shops import Shop, drawn_sales, load_shop, rows_of, shop_engine, shops
from tests.tables import instant

COUNTS = (
    "item_id", "customer_segment", "segment_rank", "category_rank", "order_count",
    "customer_count", "quantity", "recent_order_count", "previous_order_count",
)  # fmt: skip
WINDOW = Window(instant("4d"), instant("10d"))
# The window is 4d to 10d; the trend windows are 8d to 10d and 6d to 8d. Order 9 is before all.
SALES = drawn_sales("""
    order | customer | item | at     | quantity
    1     | ann      | A    | 4d     | 2
    2     | bob      | A    | 6d     | 1
    2     | bob      | A    | 6d     | 1
    3     | -        | A    | 9d     | 0.5
    4     | ann      | B    | 7d     | 1
    5     | ann      | B    | 8d     | 1
    6     | cid      | B    | 9d+23h | 1
    7     | bob      | C    | 7d+23h | 3
    8     | ann      | C    | 10d    | 1
    9     | ann      | D    | 3d     | 1
""")
CATEGORIES = {"A": "toys", "B": "toys", "C": "tea"}


def options(days: int = 2, **changes: Any) -> Serving:
    """Options with trend windows of so many days."""
    return Serving.model_validate({"relations": {"trending": {"days": days}}, **changes})


def summary_of(
    shop: Shop,
    wanted: Serving,
    segments: dict[str, str] | None = None,
    window: Window = WINDOW,
) -> PopularSummary:
    """Build the table from a shop whose customers have segments, and return its summary."""
    load_shop(shop_engine(), shop)
    if segments is not None:
        kinds = {"customer_id": pa.string(), "segment": pa.string()}
        rows = [{"customer_id": who, "segment": what} for who, what in segments.items()]
        shop_engine().load("rfm_segments", pa.Table.from_pylist(rows, pa.schema(kinds)))
    first = min((line.at for line in shop.sale_lines), default=None)
    sales = Sales(first, len(shop.sale_lines), has_segments=segments is not None)
    return build_popular_items(shop_engine(), wanted, window, "sku", sales=sales)


def rows(*columns: str) -> list[tuple[Any, ...]]:
    return rows_of(shop_engine(), "popular_items", *columns)


def test_orders_are_counted_once_in_half_open_windows_and_ties_go_to_more_customers() -> None:
    summary = summary_of(Shop(SALES, categories=CATEGORIES), options())
    # A and B have three orders each; A has two known customers, and so has B: A by its id.
    expected = [
        ("A", "everyone", 1, 1, 3, 2, 4.5, 1, 1),
        ("B", "everyone", 2, 2, 3, 2, 3.0, 2, 1),
        ("C", "everyone", 3, 1, 1, 1, 3.0, 0, 1),
    ]
    assert expected == rows(*COUNTS)
    assert PopularSummary(day_count=6, trend_day_count=2, item_count=3, row_count=3) == summary
    assert [(6, 2)] * 3 == rows("day_count", "trend_days")
    assert POPULAR_ITEMS.column_names == tuple(shop_engine().fetch("popular_items").column_names)


def test_segments_have_their_own_best_sellers_and_only_the_best_are_kept() -> None:
    segments = {"ann": "loyal", "cid": "loyal", "bob": "new"}
    summary_of(Shop(SALES, categories=CATEGORIES), options(segment_items=1), segments)
    columns = ("customer_segment", "segment_rank", "item_id", "order_count", "customer_count")
    expected = [("loyal", 1, "B", 3, 2), ("new", 1, "A", 1, 1)]
    assert expected == [row for row in rows(*columns) if row[0] != "everyone"]


def test_orders_before_are_unknown_where_the_sales_do_not_reach_back_a_whole_window() -> None:
    """The first sale is on day 3; windows of three days begin on 4 and 7, of four on 2 and 6."""
    summary = summary_of(Shop(SALES), options(days=3))
    assert [("A", 2), ("B", 0), ("C", 0)] == rows("item_id", "previous_order_count")
    assert 3 == summary.trend_day_count
    summary = summary_of(Shop(SALES), options(days=4))
    assert {None} == {row[0] for row in rows("previous_order_count")}
    assert 0 == summary.trend_day_count


def test_a_window_has_as_many_days_as_there_are_sales_for() -> None:
    later = Shop(
        drawn_sales("""
        order | customer | item | at
        1     | ann      | A    | 7d+1h
    """)
    )
    assert 3 == summary_of(later, options()).day_count
    assert 1 == summary_of(Shop(), options()).day_count
    assert [] == rows("item_id")


def test_trend_windows_may_be_longer_than_the_popularity_window() -> None:
    summary_of(Shop(SALES), options(days=3), window=Window(instant("9d"), instant("10d")))
    columns = ("item_id", "order_count", "customer_count", "quantity", "recent_order_count")
    expected = [("A", 1, 0, 0.5, 1), ("B", 1, 1, 1.0, 3), ("C", 0, 0, 0.0, 1)]
    assert expected == rows(*columns)


def test_few_customers_of_a_segment_are_not_told_of() -> None:
    summary_of(Shop(SALES), options(), {"ann": "loyal", "bob": "new"})
    leave_out_small_groups(shop_engine(), POPULAR_ITEMS, 2)
    # Item C was bought by one customer, and so was all that a segment of one bought.
    assert [("A", "everyone"), ("B", "everyone")] == rows("item_id", "customer_segment")


def test_slices_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    summary_of(Shop(SALES), options(), {"ann": "loyal"})
    expected = rows(*POPULAR_ITEMS.column_names)
    monkeypatch.setattr(slices, "ROWS_PER_SLICE", 2)
    summary_of(Shop(SALES[::-1]), options(), {"ann": "loyal"})
    assert expected == rows(*POPULAR_ITEMS.column_names)


def test_the_table_is_made_where_there_are_placements_and_items() -> None:
    placements = [{"name": "home", "page": "home", "slots": []}]
    assert "popular_items" not in wanted_tables(Config())
    orders = {"columns": {"order_id": "a", "ordered_at": "b"}}
    config = Config.model_validate({"serving": {"placements": placements}, "orders": orders})
    assert "popular_items" in wanted_tables(config)
    assert "orders have no item_id" == reasons_against(config)["popular_items"]
    orders["columns"]["item_id"] = "c"
    named = Config.model_validate({"output": {"tables": ["popular_items"]}, "orders": orders})
    assert "serving.placements is not set" == reasons_against(named)["popular_items"]


@given(
    shop=shops(),
    days=st.integers(1, 5),
    most=st.integers(1, 3),
    start=st.integers(0, 8),
    categories=st.dictionaries(st.sampled_from("ABCDE"), st.sampled_from("xy")),
    segments=st.dictionaries(st.sampled_from(["ann", "bob", "cid"]), st.sampled_from("st")),
)
def test_random_shops_agree_with_the_oracle(
    *,
    shop: Shop,
    days: int,
    most: int,
    start: int,
    categories: dict[str, str],
    segments: dict[str, str],
) -> None:
    shop, wanted = replace(shop, categories=categories), options(days, segment_items=most)
    segments = {who: what for who, what in segments.items() if who in shop.customers}
    window = Window(instant(f"{start}d"), instant("9d"))
    summary_of(shop, wanted, segments, window)
    expected = popular_items(shop, wanted, window, segments)
    found = shop_engine().fetch("popular_items").select(list(COUNTS)).to_pylist()
    key = lambda row: (row["customer_segment"], row["segment_rank"])  # noqa: E731 - one key for both
    assert sorted(({name: row[name] for name in COUNTS} for row in expected), key=key) == (
        sorted(found, key=key)
    )


def test_a_run_with_placements_publishes_it_with_the_segments_of_its_customers(
    tmp_path: Path,
) -> None:
    write_project(tmp_path / "shop")
    placements = "[{name: home, page: home, slots: [{relation: best_in_category, count: 3}]}]"
    overrides = [f"serving.placements={placements}", "serving.segment_items=2"]
    folder = run(load_config(tmp_path / "shop" / "basket.yaml", overrides)).folder
    found = pq.read_table(folder / "popular_items.parquet").to_pylist()
    segments = {
        row["segment"] for row in pq.read_table(folder / "rfm_segments.parquet").to_pylist()
    }
    audiences = [row["customer_segment"] for row in found]
    assert segments
    assert {"everyone"} < set(audiences) <= {"everyone", *segments}
    assert {1, 2} >= {audiences.count(segment) for segment in segments & set(audiences)}
    best = [row["order_count"] for row in found if row["customer_segment"] == "everyone"]
    assert sorted(best, reverse=True) == best
