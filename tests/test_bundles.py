"""Bundles: every kind and price of a hand-worked shop, and random ones counted by the oracle."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config.bundle_options import Bundles
from pipeline.mining.window import Window
from pipeline.names import BUNDLES
from pipeline.serving.bundle_prices import bundle_prices, costs_of
from pipeline.serving.bundle_sets import KINDS, Sets, hubs_of
from pipeline.serving.bundles import BundleSummary, build_bundles
from pipeline.serving.setting import Setting
from tests.mined_tables import with_tables
from tests.shelves import drawn_shelf, setting_of
from tests.shops import Shop, drawn_sales, load_shop, rows_of, shop_engine, shops
from tests.tables import DAY

WINDOW = Window(0, 10 * DAY)
EVERY = Bundles(kinds=[*KINDS], min_order_count=1, max_bundles=9, cost_attribute="cost")
_RETURNED = pa.schema(
    [
        ("order_code", pa.int64()),
        ("item_code", pa.int32()),
        ("customer_code", pa.int64()),
        ("ordered_at", pa.int64()),
    ]
)
SHELF = """
    item | category        | price | stock | orders | cost
    cam  | Photo > Cameras | 500   | 5     | 9      | 400
    cam2 | Photo > Cameras | 600   | 3     | 1      | -
    bag  | Photo > Bags    | 30    | 9     | 4      | 10
    card | Photo > Memory  | 20    | 0     | 1      | 5
    film | Photo > Film    | 10    | 40    | 1      | cheap
    lens | Photo > Lenses  | 700   | -     | 2      | 1
    tent | Outdoor         | -     | 4     | 1      | 9
"""
SALES = """
    order | customer | item | at
    o1    | ann      | cam  | 1d
    o1    | ann      | bag  | 1d
    o2    | ann      | cam  | 2d
    o2    | ann      | bag  | 2d
    o3    | bob      | cam  | 3d
    o4    | bob      | cam  | 4d
    o5    | cid      | bag  | 4d
    o6    | cid      | cam  | 5d
    o6    | cid      | card | 5d
    o7    | cid      | cam  | 6d
    o7    | cid      | film | 6d
    o8    | -        | cam  | 7d
    o8    | -        | cam2 | 7d
    o9    | -        | cam  | 8d
    o9    | -        | lens | 8d
    p1    | -        | lens | 9d
    p1    | -        | tent | 9d
    p2    | -        | cam  | 10d
    p2    | -        | bag  | 10d
"""
SETS = """
    set_id | source_item_id | items
    s1     | bag            | bag+cam
    s1     | cam            | bag+cam
    s2     | film           | cam+film
    s3     | cam2           | cam+cam2
    s4     | lens           | cam+lens
    s5     | tent           | lens+tent
"""
ALSO = """
    source_item_id | target_item_id | rank
    cam            | card           | 1
    cam            | bag            | 2
    lens           | film           | 1
"""


def photo(folder: Path) -> Setting:
    """Return the hand-worked shop: bag and card go with cameras, lenses and outdoor things meet."""
    load_shop(shop_engine(), Shop(sale_lines=drawn_sales(SALES)))
    # Order 3 held a bag, all of which came back; of order 4's cameras one came back.
    rows = [("o3", "bag", 3 * DAY), ("o4", "cam", 4 * DAY)]
    _load_returned(Shop(sale_lines=drawn_sales(SALES)), rows)
    (folder / "accessories.csv").write_text(
        "source_category,target_category\n"
        "Photo > Cameras,Photo > Bags\nPhoto > Cameras,Photo > Memory\n"
    )
    (folder / "scenes.csv").write_text("scene,item_id,category\nhike,lens,\nhike,,Outdoor\n")
    accessories, scenes = folder / "accessories.csv", folder / "scenes.csv"
    setting = setting_of(drawn_shelf(SHELF), accessories=accessories, scenes=scenes)
    cycles = "item_id\nfilm"
    tables = {"frequently_bought_together": SETS, "also_bought": ALSO, "repurchase_cycle": cycles}
    return with_tables(setting, **tables)


def _load_returned(shop: Shop, rows: list[tuple[str, str, int]]) -> None:
    orders = sorted({line.order for line in shop.sale_lines})
    codes = [(orders.index(o), shop.items.index(item), None, at) for o, item, at in rows]
    columns = list(zip(*codes, strict=True)) or [()] * 4
    arrays = [pa.array(c, f.type) for c, f in zip(columns, _RETURNED, strict=True)]
    shop_engine().load("returned_lines", pa.table(arrays, schema=_RETURNED))


def rows(*columns: str) -> dict[str, tuple[Any, ...]]:
    """Return columns of the table by the items of each bundle, as `a+b`."""
    found = rows_of(shop_engine(), "bundles", "items", *columns)
    return {"+".join(row[0]): row[1:] for row in found}


def test_every_set_is_of_the_first_kind_that_fits_it(tmp_path: Path) -> None:
    summary = build_bundles(photo(tmp_path), EVERY, WINDOW, "sku")
    assert BundleSummary(6, 0, 0, 0, 6) == summary
    assert {
        "bag+cam": ("accessory", "cam", "frequently_bought_together"),
        "cam+card": ("accessory", "cam", "also_bought"),
        "cam+film": ("consumable", "cam", "frequently_bought_together"),
        "cam+cam2": ("upgrade", "cam2", "frequently_bought_together"),
        "cam+lens": ("together", "lens", "frequently_bought_together"),
        "lens+tent": ("scene", "lens", "frequently_bought_together"),
    } == rows("kind", "main_item_id", "evidence")
    assert BUNDLES.column_names == tuple(shop_engine().fetch("bundles").column_names)


def test_an_item_has_accessories_only_where_a_line_names_its_category(tmp_path: Path) -> None:
    setting = photo(tmp_path)
    pairs = ["cam bag", "lens bag", "bag card", "cam card", "cam lens"]
    numbers = [setting.shelf.numbers[item] for pair in pairs for item in pair.split()]
    sets = Sets(np.array(numbers, np.int32), np.arange(0, 11, 2), np.ones(5, np.bool_))
    assert [0, 6] == np.flatnonzero(hubs_of(setting, sets)).tolist()


def test_what_is_bought_again_is_no_consumable_of_its_own_category(tmp_path: Path) -> None:
    setting = with_tables(photo(tmp_path), repurchase_cycle="item_id\nfilm\ncam")
    build_bundles(setting, EVERY, WINDOW, "sku")
    kinds = rows("kind")
    assert [("upgrade",), ("consumable",)] == [kinds["cam+cam2"], kinds["cam+lens"]]


def test_orders_and_what_came_back_are_counted_by_hand(tmp_path: Path) -> None:
    """Bag and camera: orders 1, 2 and 3 of the 8 with a camera; one of their 6 items came back.

    Alone they were in 4, 6, 7, 8, 9 (camera) and 5 (bag): of these 6 the camera of 4 came back.
    Of 5 cameras 8 are sold in 10 days: 6.25 days; of 9 bags 3: 30 days. Of no card any is left.
    """
    build_bundles(photo(tmp_path), EVERY, WINDOW, "sku")
    figures = rows(
        *("order_count", "main_order_count", "attach_rate", "refund_rate_together"),
        *("refund_rate_alone", "stock_cover_days"),
    )
    assert figures["bag+cam"] == (3, 8, 3 / 8, 1 / 6, 1 / 6, 6)
    assert figures["cam+card"] == (1, 8, 1 / 8, 0.0, 1 / 7, 0)
    assert figures["cam+cam2"] == (1, 1, 1.0, 0.0, 1 / 7, 6)
    assert figures["lens+tent"] == (1, 2, 1 / 2, 0.0, 0.0, None)


def test_prices_are_worked_by_hand(tmp_path: Path) -> None:
    """A tenth off, but a fifth of the price above the cost: bag and camera 410 / 0.8 = 512.50.

    The film's cost is no number and the second camera's is not known; the tent has no price.
    """
    build_bundles(photo(tmp_path), EVERY, WINDOW, "sku")
    assert {
        "bag+cam": (530.0, 512.5, 410.0, pytest.approx(0.2)),
        "cam+card": (520.0, 506.25, 405.0, pytest.approx(0.2)),
        "cam+film": (510.0, 459.0, None, None),
        "cam+cam2": (1100.0, 990.0, None, None),
        "cam+lens": (1200.0, 1080.0, 401.0, pytest.approx(679 / 1080)),
        "lens+tent": (None, None, 10.0, None),
    } == rows("price_sum", "suggested_price", "cost_sum", "margin")


def test_kinds_orders_and_places_that_are_not_asked_for_are_counted(tmp_path: Path) -> None:
    setting = photo(tmp_path)
    options = EVERY.model_copy(update={"kinds": ["accessory", "consumable"]})
    assert BundleSummary(6, 3, 0, 0, 3) == build_bundles(setting, options, WINDOW, "sku")
    options = options.model_copy(update={"min_order_count": 2})
    assert BundleSummary(6, 3, 2, 0, 1) == build_bundles(setting, options, WINDOW, "sku")
    options = options.model_copy(update={"min_order_count": 1, "max_bundles": 2})
    assert BundleSummary(6, 3, 0, 1, 2) == build_bundles(setting, options, WINDOW, "sku")
    assert {"bag+cam", "cam+card"} == set(rows("kind"))


def test_without_files_and_cycles_only_mined_kinds_are_left(tmp_path: Path) -> None:
    setting = replace(photo(tmp_path), files={}, given=frozenset({"frequently_bought_together"}))
    build_bundles(setting, EVERY, WINDOW, "sku")
    kinds = {items: kind for items, (kind,) in rows("kind").items()}
    assert {"cam+cam2"} == {items for items, kind in kinds.items() if kind == "upgrade"}
    assert {"upgrade", "together"} == set(kinds.values())


def test_without_any_set_the_table_is_empty(tmp_path: Path) -> None:
    setting = replace(photo(tmp_path), files={}, given=frozenset())
    assert BundleSummary(0, 0, 0, 0, 0) == build_bundles(setting, EVERY, WINDOW, "sku")
    assert {} == rows("kind")


def priced(price: str, cost: str, options: Bundles) -> float:
    """Return the suggested price of an item and one for nothing."""
    shelf = drawn_shelf(f"item | price | cost\na | {price} | {cost}\nb | 0 | 0")
    sets = Sets(np.array([0, 1], np.int32), np.array([0, 2]), np.array([True]))
    return float(bundle_prices(shelf, sets, options).suggested[0]) / 10_000


@pytest.mark.parametrize(
    ("price", "cost", "shares", "expected"),
    [
        ("20", "10", (0.1, 0.2), 18.0),
        ("20", "15", (0.1, 0.2), 18.75),
        ("20", "17", (0.1, 0.2), 20.0),
        ("20", "30", (0.1, 0.2), 20.0),
        ("0.19", "0", (0.1, 0.2), 0.18),  # 1.9 cents off are 1
        ("10", "6.67", (0.5, 0.3), 9.53),  # 9.5286, rounded up
        ("20", "x", (0.25, 0.2), 15.0),
        ("20", "0", (0.0, 0.0), 20.0),
    ],
)
def test_the_discount_stops_where_the_margin_ends(
    price: str, cost: str, shares: tuple[float, float], expected: float
) -> None:
    options = Bundles(discount=shares[0], min_margin=shares[1], cost_attribute="cost")
    assert expected == priced(price, cost, options)


def test_a_cost_is_a_number_that_is_not_negative() -> None:
    texts = ["1.5", "-1", "NaN", "Infinity", "1e3", "", "abc"]
    lines = "\n".join(f"i{place} | {text or '-'}" for place, text in enumerate(texts))
    shelf = drawn_shelf(f"item | cost\n{lines}")
    assert [15_000, -1, -1, -1, 10_000_000, -1, -1] == costs_of(shelf, "cost").tolist()


@given(
    shop=shops(),
    pairs=st.sets(st.sampled_from(["A+B", "A+B+C", "B+D", "C+E", "D+E"]), min_size=1),
    returned=st.sets(st.integers(0, 9)),
)
def test_random_shops_are_counted_as_the_oracle_counts(
    shop: Shop, pairs: set[str], returned: set[int]
) -> None:
    load_shop(shop_engine(), shop)
    known = [one for one in sorted(pairs) if {*one.split("+")} <= {*shop.items}]
    back = [line for place, line in enumerate(shop.sale_lines) if place in returned and line.item]
    _load_returned(shop, sorted({(b.order, str(b.item), b.at) for b in back}))
    prices = "".join(f"\n{item} | {10 + ord(item)}" for item in shop.items)
    setting = setting_of(drawn_shelf(f"item | price{prices}"))
    drawn_sets = "".join(f"\n{place} | {one}" for place, one in enumerate(known))
    setting = with_tables(setting, frequently_bought_together=f"set_id | items{drawn_sets}")
    build_bundles(setting, EVERY, WINDOW, "sku")
    names = ("main_item_id", "order_count", "main_order_count", "refund_rate_together")
    expected = {one: _counted(shop, one.split("+"), back) for one in known}
    assert {one: row for one, row in expected.items() if row[1]} == rows(
        *names, "refund_rate_alone"
    )


def _counted(shop: Shop, items: list[str], back: list[Any]) -> tuple[Any, ...]:
    orders: dict[str, set[str | None]] = {}
    for line in shop.sale_lines:
        if line.at < WINDOW.end:
            orders.setdefault(line.order, set()).add(line.item)
    returned = {(line.order, line.item) for line in back if line.at < WINDOW.end}
    whole = {order for order, held in orders.items() if {*items} <= held}
    parts = [(o, i) for o, held in orders.items() for i in items if i in held and o not in whole]
    together = sum((order, item) in returned for order in whole for item in items)
    alone = sum(part in returned for part in parts)
    return (
        items[-1],
        len(whole),
        sum(items[-1] in held for held in orders.values()),
        together / (len(whole) * len(items)) if whole else None,
        alone / len(parts) if parts else None,
    )
