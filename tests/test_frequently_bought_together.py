"""Sets that are bought together: hand-worked orders, and random shops against the oracle."""

import hashlib
import random
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config.family_options import FrequentlyBoughtTogether
from pipeline.mining.frequently_bought_together import (
    TogetherSummary,
    build_frequently_bought_together,
)
from pipeline.mining.window import Window
from pipeline.names import FREQUENTLY_BOUGHT_TOGETHER
from tests.reference_family import frequently_bought_together
from tests.shops import SaleLine, Shop, load_shop, rows_of, shop_engine, shops
from tests.tables import DAY, instant

WINDOW = Window(instant("1d"), instant("9d"))
TABLE = "frequently_bought_together"
COUNTS = ("source_item_id", "items", "order_count", "source_count", "basket_count")


def orders(*baskets: str) -> tuple[SaleLine, ...]:
    """Return one order per text, of one item per letter."""
    return tuple(
        SaleLine(f"o{number}", f"c{number}", item, 2 * DAY)
        for number, basket in enumerate(baskets)
        for item in basket
    )


# N = 10. Tent and mat: 3 orders, lamp with both in 2 of them; F is in nearly everything.
#   T: 4  M: 4  L: 3  F: 8      TM: 3  TL: 2  ML: 2  TML: 2
CAMPING = orders("TMLF", "TMLF", "TMF", "TF", "MF", "LF", "F", "F", "X", "X")


def options(**changes: Any) -> FrequentlyBoughtTogether:
    """Options that keep every set, unless changed."""
    lenient = {"min_order_count": 1, "max_q_value": None}
    return FrequentlyBoughtTogether(**{**lenient, **changes})


def summary_of(
    shop: Shop, wanted: FrequentlyBoughtTogether, level: str = "sku", **replaced: Any
) -> TogetherSummary:
    """Build the table from a shop and return its summary."""
    load_shop(shop_engine(), shop)
    return build_frequently_bought_together(shop_engine(), wanted, WINDOW, level, **replaced)


def sets() -> dict[str, str]:
    return {str(row[0]): "".join(row[1]) for row in rows_of(shop_engine(), TABLE, *COUNTS)}


def test_each_item_has_the_set_of_the_highest_certain_confidence_times_lift() -> None:
    summary_of(Shop(CAMPING), options(min_order_count=2))
    rows = {row[0]: row[1:] for row in rows_of(shop_engine(), TABLE, *COUNTS, "set_lift")}
    # TML: lift 100 * 2 / (4 * 4 * 3) = 4.17, times the bound of 2 of 4 (.150) = .63;
    # TMLF: 1000 * 2 / (4 * 4 * 3 * 8) = 5.21, times .150 = .78; TM: 10 * 3 / 16 = 1.88, times
    # the bound of 3 of 4 (.301) = .56. So all four go together from every side.
    assert ("FLMT", 2, 4, 10) == ("".join(rows["T"][0]), *rows["T"][1:4])
    assert rows["T"][4] == pytest.approx(1000 * 2 / (4 * 4 * 3 * 8))
    assert {"T": "FLMT", "M": "FLMT", "L": "FLMT", "F": "FLMT"} == sets()


def test_a_set_of_fewer_items_has_its_own_lift() -> None:
    summary_of(Shop(CAMPING), options(min_order_count=2, max_set_items=2))
    # FT: every T with F, .510 * 1.25; FM and FT are equal for F, so the ids decide.
    assert {"T": "FT", "M": "FM", "L": "FL", "F": "FM"} == sets()
    names = ("source_item_id", "set_lift", "least_pair_lift", "confidence", "support")
    row = next(row for row in rows_of(shop_engine(), TABLE, *names) if row[0] == "T")
    assert ("T", 40 / 32, 40 / 32, 1.0, 4 / 10) == row


def test_every_two_items_of_a_set_stand_together_more_often_than_by_chance() -> None:
    # A and B in 3 of 5 orders each, together in 1: lift 5 / 9. C goes with both.
    summary_of(Shop(orders("ABC", "AC", "AX", "BC", "BX")), options())
    assert not {"A", "B"} <= set("".join(sets()["C"]))
    assert "AC" == sets()["A"]


def test_substitutes_and_items_of_one_product_are_in_no_set() -> None:
    shop = Shop(CAMPING, products={"T": "p1", "M": "p1"})
    summary = summary_of(shop, options(min_order_count=2))
    assert all(not {"T", "M"} <= set(items) for items in sets().values())
    assert 4 == summary.unfit_set_count  # TM, TML, TMF, TMLF
    summary_of(shop, options(min_order_count=2), "product")
    assert "FLMT" == sets()["T"]

    codes = {item: code for code, item in enumerate(Shop(CAMPING).items)}
    pairs = pa.table({"source_code": [codes["L"], 99], "target_code": [codes["T"], 98]})
    summary_of(Shop(CAMPING), options(min_order_count=2), substitutes=pairs)
    assert all(not {"T", "L"} <= set(items) for items in sets().values())


def test_prices_are_summed_where_every_item_has_one() -> None:
    summary_of(Shop(CAMPING), options(min_order_count=2))
    assert [(20.0,)] * 4 == rows_of(shop_engine(), TABLE, "price_sum")  # every item costs 5


def test_chance_is_left_out_by_the_budget_of_a_set_of_its_size() -> None:
    names = ("source_item_id", "p_value", "q_value")
    summary_of(Shop(CAMPING), options(min_order_count=2, max_set_items=2))
    by_source = {row[0]: row[1:] for row in rows_of(shop_engine(), TABLE, *names)}
    # All 4 orders with T are among the 8 of 10 with F: 70 / 210. Of 5 frequent items 10 pairs.
    assert by_source["T"] == (pytest.approx(70 / 210), pytest.approx(1))
    summary = summary_of(Shop(CAMPING), options(min_order_count=2, max_q_value=0.05))
    assert 0 == summary.row_count < summary.insignificant_rule_count


def test_the_smallest_number_of_orders_is_doubled_where_sets_are_too_many() -> None:
    assert 1 == summary_of(Shop(CAMPING), options()).min_count
    # 16 sets and items in one order or two, 5 in four.
    assert 4 == summary_of(Shop(CAMPING), options(max_itemsets=15)).min_count


def test_giant_orders_are_left_out_and_an_empty_window_gives_no_rows() -> None:
    summary = summary_of(Shop(CAMPING), options(max_basket_items=3))
    assert (8, 2) == (summary.basket_count, summary.giant_basket_count)
    assert 0 == summary_of(Shop(), options()).row_count
    names = shop_engine().fetch(TABLE).column_names
    assert FREQUENTLY_BOUGHT_TOGETHER.column_names == tuple(names)


def test_the_id_of_a_set_is_that_of_its_items() -> None:
    summary_of(Shop(CAMPING), options(min_order_count=2))
    text = "\x1f".join([TABLE, *"FLMT"])
    digest = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()[:16]
    assert [(digest,)] * 4 == rows_of(shop_engine(), TABLE, "set_id")


def test_row_order_does_not_matter() -> None:
    summary_of(Shop(CAMPING), options())
    expected = rows_of(shop_engine(), TABLE, *FREQUENTLY_BOUGHT_TOGETHER.column_names)
    shuffled = tuple(random.Random(1).sample(CAMPING, len(CAMPING)))  # noqa: S311
    summary_of(Shop(shuffled), options())
    assert expected == rows_of(shop_engine(), TABLE, *FREQUENTLY_BOUGHT_TOGETHER.column_names)


@given(
    shop=shops(),
    wanted=st.builds(
        FrequentlyBoughtTogether,
        min_order_count=st.integers(1, 2),
        max_set_items=st.integers(2, 4),
        max_q_value=st.sampled_from([None, 0.9]),
        max_basket_items=st.sampled_from([3, 100]),
    ),
    level=st.sampled_from(["sku", "product"]),
)
def test_random_shops_agree_with_the_oracle(
    shop: Shop, wanted: FrequentlyBoughtTogether, level: str
) -> None:
    products = shop.products if level == "sku" else {}
    expected = sorted(
        tuple(row[name] for name in COUNTS)
        for row in frequently_bought_together(shop, wanted, WINDOW, products)
    )
    summary_of(shop, wanted, level)
    assert expected == rows_of(shop_engine(), TABLE, *COUNTS)
