"""How soon an item is bought again: a hand-worked shop, and random ones against the oracle."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pipeline.config.family_options import RepurchaseCycle
from pipeline.mining.repurchase_cycle import build_repurchase_cycle
from pipeline.mining.window import Window
from pipeline.names import REPURCHASE_CYCLE
from tests.reference_family import repurchase_cycle
from tests.shops import Shop, drawn_sales, load_shop, rows_of, shop_engine, shops
from tests.tables import instant

COUNTS = ("item_id", "gap_count", "customer_count", "buyer_count")
GAPS = ("gap_lower_days", "gap_median_days", "gap_upper_days")

# Milk: ann after 3 and 4 days (twice on day 3 is once), bob after 10, cid never again.
MILK = drawn_sales("""
    order | customer | item | at
    1     | ann      | milk | 0d
    2     | ann      | milk | 3d
    3     | ann      | milk | 3d+8h
    4     | ann      | milk | 7d
    5     | bob      | milk | 2d
    6     | bob      | milk | 12d
    7     | cid      | milk | 5d
    8     | cid      | tea  | 6d
    9     | -        | tea  | 9d
""")


def cycles(shop: Shop, window: Window, **wanted: int) -> list[tuple[Any, ...]]:
    """Build the table and return its counts and quartiles."""
    load_shop(shop_engine(), shop)
    options = RepurchaseCycle(**{"min_gap_count": 1, "min_customers": 1, **wanted})
    build_repurchase_cycle(shop_engine(), options, window, "sku")
    return rows_of(shop_engine(), "repurchase_cycle", *COUNTS, "repeat_share", *GAPS)


def test_every_gap_between_two_days_of_one_customer_counts() -> None:
    window = Window(instant("0d"), instant("20d"))
    assert [("milk", 3, 2, 3, 2 / 3, 3, 4, 10)] == cycles(Shop(MILK), window)
    assert REPURCHASE_CYCLE.column_names == tuple(
        shop_engine().fetch("repurchase_cycle").column_names
    )


def test_what_was_bought_outside_the_window_makes_no_gap() -> None:
    window = Window(instant("2d"), instant("12d"))
    assert [("milk", 1, 1, 3, 1 / 3, 4, 4, 4)] == cycles(Shop(MILK), window)


def test_an_item_of_too_few_gaps_or_customers_is_left_out() -> None:
    window = Window(instant("0d"), instant("20d"))
    assert [] == cycles(Shop(MILK), window, min_gap_count=4)
    assert [] == cycles(Shop(MILK), window, min_customers=3)
    assert 1 == len(cycles(Shop(MILK), window, min_gap_count=3, min_customers=2))


@given(shop=shops(), min_gap_count=st.integers(1, 3), min_customers=st.integers(1, 2))
def test_random_shops_agree_with_the_oracle(
    shop: Shop, min_gap_count: int, min_customers: int
) -> None:
    window = Window(instant("1d"), instant("9d"))
    wanted = {"min_gap_count": min_gap_count, "min_customers": min_customers}
    expected = sorted(
        tuple(row[name] for name in (*COUNTS, "repeat_share", *GAPS))
        for row in repurchase_cycle(shop, RepurchaseCycle(**wanted), window)
    )
    assert expected == cycles(shop, window, **wanted)
