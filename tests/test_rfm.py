"""Recency, frequency, monetary value: hand-worked customers, a published example, the oracle."""

import csv
import gzip
import random
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pipeline.config.customer_options import Rfm
from pipeline.config.segment_maps import Segment
from pipeline.mining.rfm import RfmSummary, build_rfm_segments
from pipeline.mining.window import Window
from pipeline.names import RFM_SEGMENTS
from tests.reference_tables import rfm_segments
from tests.shops import SaleLine, Shop, drawn_sales, load_shop, rows_of, shop_engine, shops
from tests.tables import DAY, SECOND, instant

WINDOW = Window(instant("10d"), instant("20d"))
VALUES = ("customer_id", "recency_days", "frequency", "monetary")
SCORES = ("customer_id", "recency_score", "frequency_score", "monetary_score", "segment")


def summary_of(shop: Shop, wanted: Rfm, window: Window = WINDOW) -> RfmSummary:
    """Build the table from a shop and return its summary."""
    load_shop(shop_engine(), shop)
    return build_rfm_segments(shop_engine(), wanted, window)


def built(sales: tuple[SaleLine, ...], wanted: Rfm, *columns: str) -> list[tuple[Any, ...]]:
    """Build the table from sale lines and return some of its columns."""
    summary_of(Shop(sales), wanted)
    return rows_of(shop_engine(), "rfm_segments", *columns)


def customers_with_orders(*counts: int) -> tuple[SaleLine, ...]:
    """Return customers c0, c1, ... with so many orders each, all at one instant."""
    return tuple(
        SaleLine(f"c{customer}-{order}", f"c{customer}", "A", 15 * DAY, amount=Decimal(1))
        for customer, count in enumerate(counts)
        for order in range(count)
    )


def test_values_of_two_customers() -> None:
    sales = drawn_sales("""
        order | customer | item | at      | amount
        1     | ann      | A    | 12d     | 5
        1     | ann      | B    | 12d     | 2.5
        2     | ann      | A    | 17d+1h  | 4.5
        3     | bob      | A    | 19d+1u  | 1
        4     | bob      | A    | 20d     | 9
    """)
    expected = [("ann", 2, 2, 12.0), ("bob", 0, 1, 1.0)]
    assert expected == built(sales, Rfm(), *VALUES)


def test_recency_counts_whole_days_back_from_the_end_of_the_window() -> None:
    sales = drawn_sales("""
        order | customer | item | at
        1     | ann      | A    | 18d
        2     | bob      | A    | 18d+1u
        3     | cid      | A    | 10d
        4     | dan      | A    | 9d+23h
    """)
    assert [("ann", 2), ("bob", 1), ("cid", 10)] == built(sales, Rfm(), *VALUES[:2])


def test_monetary_may_be_the_mean_of_orders_and_is_never_negative() -> None:
    sales = drawn_sales("""
        order | customer | item | at  | amount
        1     | ann      | A    | 12d | 5
        1     | ann      | B    | 12d | 3
        2     | ann      | A    | 13d | 2
        3     | bob      | A    | 13d | -2
    """)
    assert [("ann", 10.0), ("bob", 0.0)] == built(sales, Rfm(), "customer_id", "monetary")
    mean = built(sales, Rfm(monetary="mean"), "customer_id", "monetary")
    assert [("ann", 5.0), ("bob", 0.0)] == mean


def test_without_prices_monetary_and_its_score_are_null() -> None:
    sales = drawn_sales("""
        order | customer | item | at
        1     | ann      | A    | 12d
        2     | bob      | A    | 13d
    """)
    expected = [("ann", None, None), ("bob", None, None)]
    assert expected == built(sales, Rfm(), "customer_id", "monetary", "monetary_score")


def test_orders_without_items_count() -> None:
    sales = drawn_sales("""
        order | customer | item | at  | amount
        1     | ann      | -    | 12d | 5
    """)
    assert [("ann", 8, 1, 5.0)] == built(sales, Rfm(), *VALUES)


def test_anonymous_orders_are_left_out_and_counted() -> None:
    sales = drawn_sales("""
        order | customer | item | at
        1     | ann      | A    | 12d
        2     | -        | A    | 12d
        2     | -        | B    | 12d
    """)
    assert RfmSummary(1, 1, 1) == summary_of(Shop(sales), Rfm())


def test_ten_different_values_give_two_customers_to_each_score() -> None:
    scores = built(customers_with_orders(*range(1, 11)), Rfm(), "frequency", "frequency_score")
    assert [1, 1, 2, 2, 3, 3, 4, 4, 5, 5] == [score for _, score in sorted(scores)]


def test_equal_values_have_equal_scores_and_the_worst_has_score_one() -> None:
    scores = built(customers_with_orders(1, 1, 1, 1, 1, 1, 1, 2, 2, 3), Rfm(), *SCORES[:3])
    assert [1] * 7 + [4, 4, 5] == [score for _, _, score in scores]
    assert {1} == {score for _, score, _ in scores}


def test_a_single_customer_has_the_worst_scores() -> None:
    expected = [("c0", 1, 1, 1, "hibernating")]
    assert expected == built(customers_with_orders(1), Rfm(), *SCORES)


def test_segments_follow_a_map_of_ones_own() -> None:
    every_score = [1, 2, 3, 4, 5]
    halves = Rfm(
        segments=[
            Segment(name="rare", recency=every_score, frequency=[1, 2, 3]),
            Segment(name="regular", recency=every_score, frequency=[4, 5]),
        ]
    )
    segments = built(customers_with_orders(1, 2, 3, 4, 5), halves, "customer_id", "segment")
    assert ["rare", "rare", "rare", "regular", "regular"] == [name for _, name in segments]


def test_an_empty_window_gives_a_table_without_rows() -> None:
    assert RfmSummary(0, 0, 0) == summary_of(Shop(), Rfm())


def test_columns_are_those_of_the_published_table() -> None:
    summary_of(Shop(customers_with_orders(1)), Rfm())
    assert RFM_SEGMENTS.column_names == tuple(shop_engine().fetch("rfm_segments").column_names)


def test_row_order_does_not_matter() -> None:
    sales = customers_with_orders(3, 1, 2, 2)
    shuffled = tuple(random.Random(1).sample(sales, len(sales)))  # noqa: S311
    expected = built(sales, Rfm(), *RFM_SEGMENTS.column_names)
    assert expected == built(shuffled, Rfm(), *RFM_SEGMENTS.column_names)


def test_the_published_example_of_995_customers(shared_data: Path) -> None:
    sales = _published_orders(shared_data / "rfm" / "rfm_data_orders.csv.gz")
    as_of = int(datetime(2006, 12, 31, tzinfo=UTC).timestamp()) * SECOND
    window = Window.before(as_of, None, min(line.at for line in sales))
    assert RfmSummary(4906, 0, 995) == summary_of(Shop(sales), Rfm(), window)
    rows = {row[0]: row[1:] for row in rows_of(shop_engine(), "rfm_segments", *VALUES)}
    assert rows["Abbey O'Reilly"] == (205, 6, 472.0)
    assert rows["Add Senger"] == (140, 3, 340.0)
    assert rows["Aden Lesch"] == (194, 4, 405.0)
    assert rows["Aden Murphy"] == (98, 7, 596.0)


@given(
    shop=shops(),
    wanted=st.builds(Rfm, monetary=st.sampled_from(["sum", "mean"])),
    end=st.integers(4, 12),
)
def test_random_shops_agree_with_the_oracle(shop: Shop, wanted: Rfm, end: int) -> None:
    window = Window(2 * DAY, end * DAY)
    summary_of(shop, wanted, window)
    expected = rfm_segments(shop, wanted, window)
    rows = shop_engine().fetch("rfm_segments").to_pylist()
    actual = {row["customer_id"]: row for row in rows}
    assert {row["customer_id"] for row in expected} == actual.keys()
    for row in expected:
        assert row == {name: actual[row["customer_id"]][name] for name in row}


def _published_orders(path: Path) -> tuple[SaleLine, ...]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    return tuple(
        SaleLine(
            str(number),
            row["customer_id"],
            "A",
            int(datetime.fromisoformat(f"{row['order_date']}T00:00Z").timestamp()) * SECOND,
            amount=Decimal(row["revenue"]),
        )
        for number, row in enumerate(rows)
    )
