"""Bought this, bought that next: hand-worked shops, and random ones against the oracle."""

import random
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from worked_examples import BASELINE

from pipeline.config.family_options import BoughtNext
from pipeline.mining.bought_next import BoughtNextSummary, build_bought_next
from pipeline.mining.window import Window, local_day
from pipeline.names import BOUGHT_NEXT
from tests.reference_family import bought_next
from tests.shops import SaleLine, Shop, drawn_sales, load_shop, rows_of, shop_engine, shops
from tests.tables import DAY, instant

WINDOW = Window(instant("0d"), instant("100d"))
COUNTS = (
    "source_item_id",
    "target_item_id",
    "joint_count",
    "source_count",
    "baseline_target_count",
    "baseline_count",
    "reverse_count",
)

# With gaps of at most 20 days, a first purchase counts until day 79: 20 whole days are left.
PRINTERS = drawn_sales(BASELINE.sales)


def options(**changes: Any) -> BoughtNext:
    """Options that keep every pair, unless changed."""
    lenient = {"max_gap_days": 20, "min_item_count": 1, "min_pair_count": 1, "min_lift": 0.0}
    return BoughtNext(**{**lenient, "max_q_value": None, **changes})


def summary_of(shop: Shop, wanted: BoughtNext, window: Window = WINDOW) -> BoughtNextSummary:
    """Build the table from a shop and return its summary."""
    load_shop(shop_engine(), shop)
    as_of_day = local_day(window.end, "UTC")
    return build_bought_next(shop_engine(), wanted, window, "sku", as_of_day=as_of_day)


def pairs(lines: tuple[SaleLine, ...], wanted: BoughtNext, *columns: str) -> list[tuple[Any, ...]]:
    """Build the table from sale lines and return some of its columns."""
    summary_of(Shop(lines), wanted)
    return rows_of(shop_engine(), "bought_next", *columns)


def test_the_first_source_and_the_first_target_on_a_later_day_count_once_a_customer() -> None:
    # printer -> ink: of ann, bob and cid (eve's gap is still open) only ann bought ink in time;
    # cid bought it on the same day, which is the same step. cable -> ink: dan, and cid on day 20.
    # The baseline asks the same of everybody's first order: of ann, bob, cid and dan, ann, cid and
    # dan bought ink within 20 days of it, and cid a printer.
    expected = [
        ("cable", "ink", 2, 2, 3, 4, 0),
        ("cable", "printer", 1, 2, 1, 4, 0),
        ("printer", "ink", 1, 3, 3, 4, 0),
    ]
    assert expected == pairs(PRINTERS, options(), *COUNTS)


def test_more_pairs_than_there_is_room_for_at_first_are_counted_like_few() -> None:
    def bought(customer: str, day: int, items: Iterable[str]) -> tuple[SaleLine, ...]:
        return tuple(
            SaleLine(f"{customer}{day}", customer, item, instant(f"{day}d")) for item in items
        )

    sources, targets = ([f"{side}{number:02}" for number in range(45)] for side in "st")
    lines = (
        *bought("ann", 3, sources), *bought("ann", 5, targets),
        *bought("bob", 3, sources[:9]), *bought("bob", 9, targets[:7]),
    )  # fmt: skip
    expected = [
        (source, target, 2 if number < 9 and place < 7 else 1)
        for number, source in enumerate(sources)
        for place, target in enumerate(targets)
    ]
    found = pairs(
        lines, options(max_targets=100), "source_item_id", "target_item_id", "joint_count"
    )
    assert expected == sorted(found)


def test_measures_come_from_the_counts() -> None:
    names = ("confidence", "baseline_share", "lift", "p_value", "direction_p_value")
    rows = pairs(PRINTERS, options(), "source_item_id", "target_item_id", *names)
    # cable -> ink: 2 of 2 against 3 of 4; twice in a row by chance 9 / 16; 2 to 0 by chance 1 / 4.
    expected = ("cable", "ink", 1.0, 0.75, 4 / 3, pytest.approx(9 / 16), pytest.approx(1 / 4))
    assert expected == rows[0]
    # printer -> ink: 1 of 3 against 3 of 4; at least once in three by chance 63 / 64.
    assert ("printer", "ink", 1 / 3, 0.75, pytest.approx(4 / 9)) == rows[2][:5]
    assert rows[2][5] == pytest.approx(63 / 64)


def test_gaps_are_whole_days_and_quartiles_are_gaps_that_were_seen() -> None:
    gaps = (1, 2, 3, 7, 20)
    lines = tuple(
        SaleLine(f"{person}{day}", f"c{person}", item, day * DAY)
        for person, gap in enumerate(gaps)
        for item, day in (("A", 5), ("B", 5 + gap))
    )
    names = ("gap_lower_days", "gap_median_days", "gap_upper_days")
    assert [(2, 3, 7)] == pairs(lines, options(), *names)


def test_the_gap_reaches_its_longest_day_and_no_further() -> None:
    lines = drawn_sales("""
        order | customer | item | at
        1     | ann      | A    | 3d+23h
        2     | ann      | B    | 23d+23h
        3     | bob      | A    | 3d
        4     | bob      | B    | 24d
    """)
    assert [("A", "B", 1, 2, 1, 2, 0)] == pairs(lines, options(), *COUNTS)


def test_a_first_purchase_counts_only_with_all_its_days_before_as_of() -> None:
    lines = drawn_sales("""
        order | customer | item | at
        1     | ann      | A    | 79d
        2     | ann      | B    | 80d
        3     | bob      | A    | 80d
        4     | bob      | B    | 81d
    """)
    assert [("A", "B", 1, 1, 1, 1, 0)] == pairs(lines, options(), *COUNTS)


def test_the_direction_compares_with_those_who_bought_the_other_way_round() -> None:
    lines = drawn_sales("""
        order | customer | item | at
        1     | ann      | A    | 1d
        2     | ann      | B    | 2d
        3     | bob      | A    | 1d
        4     | bob      | B    | 2d
        5     | cid      | B    | 1d
        6     | cid      | A    | 2d
        7     | cid      | B    | 3d
    """)
    names = ("source_item_id", "joint_count", "reverse_count", "direction_p_value")
    # cid counts in both directions: 3 to 1 by chance (4 + 1) / 16, 1 to 3 by chance 15 / 16.
    expected = [("A", 3, 1, pytest.approx(5 / 16)), ("B", 1, 3, pytest.approx(15 / 16))]
    assert expected == pairs(lines, options(), *names)


def test_a_customer_of_too_many_items_is_left_out_and_counted() -> None:
    summary = summary_of(Shop(PRINTERS), options(max_customer_items=2))
    assert (summary.customer_count, summary.giant_customer_count) == (4, 1)
    assert [("cable", "ink", 1, 1)] == rows_of(shop_engine(), "bought_next", *COUNTS[:4])[:1]


def test_anonymous_orders_are_of_no_customer() -> None:
    lines = (SaleLine("1", None, "A", DAY), SaleLine("2", None, "B", 2 * DAY))
    assert [] == pairs(lines, options(), "rule_id")


def test_q_values_correct_for_every_pair_of_a_source_and_another_target() -> None:
    summary = summary_of(Shop(PRINTERS), options())
    # Sources: printer, ink, cable. Targets: ink and printer.
    assert 4 == summary.hypothesis_count
    rows = rows_of(shop_engine(), "bought_next", "p_value", "q_value")
    assert [
        (pytest.approx(7 / 16), 1),
        (pytest.approx(9 / 16), 1),
        (pytest.approx(63 / 64), 1),
    ] == rows


def test_a_run_that_is_too_short_for_the_gap_says_so() -> None:
    summary = summary_of(Shop(PRINTERS), options(max_gap_days=100))
    assert (0, 0) == (summary.baseline_count, summary.row_count)
    assert summary.message is not None
    assert "longer lookback_days" in summary.message


def test_an_empty_window_gives_a_table_without_rows() -> None:
    assert 0 == summary_of(Shop(), options()).row_count
    assert BOUGHT_NEXT.column_names == tuple(shop_engine().fetch("bought_next").column_names)


def test_neither_row_order_nor_threads_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = pairs(PRINTERS, options(), *BOUGHT_NEXT.column_names)
    shuffled = tuple(random.Random(1).sample(PRINTERS, len(PRINTERS)))  # noqa: S311
    monkeypatch.setattr("pipeline.mining.bought_next.thread_count", lambda _: 3)
    assert expected == pairs(shuffled, options(), *BOUGHT_NEXT.column_names)


def test_a_day_is_one_of_the_clocks_of_the_run() -> None:
    just_before = 1_330_819_200_000_000 - 1  # 2012-03-04 00:00 UTC less a microsecond
    assert 15_402 == local_day(just_before, "UTC")
    assert 15_403 == local_day(just_before, "Asia/Tokyo")


@given(
    shop=shops(),
    wanted=st.builds(
        BoughtNext,
        max_gap_days=st.integers(1, 4),
        min_item_count=st.integers(1, 2),
        min_pair_count=st.integers(1, 2),
        min_lift=st.sampled_from([0.0, 1.0, 1.2]),
        max_q_value=st.sampled_from([None, 0.5, 0.9]),
        max_customer_items=st.sampled_from([3, 100]),
        max_targets=st.integers(1, 3),
    ),
)
def test_random_shops_agree_with_the_oracle(shop: Shop, wanted: BoughtNext) -> None:
    window = Window(instant("1d"), instant("9d"))
    names = (*COUNTS, "rank", "gap_lower_days", "gap_median_days", "gap_upper_days")
    measures = ("confidence_low", "confidence_high", "lift", "lift_low", "p_value", "q_value")
    expected = sorted(
        (tuple(row[name] for name in names), [row[name] for name in measures])
        for row in bought_next(shop, wanted, window)
    )
    summary_of(shop, wanted, window)
    rows = rows_of(shop_engine(), "bought_next", *names, *measures, "direction_p_value")
    assert [counts for counts, _ in expected] == [row[: len(names)] for row in rows]
    for (_, values), row in zip(expected, rows, strict=True):
        assert values == pytest.approx(row[len(names) : -1], rel=1e-9)
