"""Bought this, also bought, of products and categories: hand-worked shops, and the oracle."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config.load import load_config
from pipeline.config.mining_options import AlsoBought, AlsoBoughtCategory
from pipeline.config.model import Config, EngineOptions
from pipeline.io.new_project import CONFIG, write_project
from pipeline.mining.associations import build_also_bought_category, build_also_bought_product
from pipeline.mining.pair_tables import AssociationSummary
from pipeline.mining.window import Window
from pipeline.names import ALSO_BOUGHT_CATEGORY, ALSO_BOUGHT_PRODUCT
from pipeline.possible import reasons_against, wanted_tables
from pipeline.run import run
from tests.reference_tables import NAMELESS, also_bought
from tests.shops import Shop, drawn_sales, load_shop, rows_of, shop_engine, shops
from tests.tables import instant

WINDOW = Window(instant("2d"), instant("9d"))
LENIENT: dict[str, Any] = {
    "min_item_count": 1,
    "min_pair_count": 1,
    "min_customers": 1,
    "min_lift": 0.0,
    "max_q_value": None,
}
COUNTS = (
    *("source_item_id", "target_item_id", "rank", "joint_count"),
    *("source_count", "target_count", "basket_count", "customer_count"),
)
TESTS = ("p_value", "q_value")

# Two sizes of one tea, a cup, a pot; the voucher is in no category and of no product.
SALES = drawn_sales("""
    order | customer | item      | at
    1     | ann      | tea-100   | 3d
    1     | ann      | tea-250   | 3d
    1     | ann      | cup       | 3d
    2     | bob      | tea-100   | 4d
    3     | bob      | cup       | 5d
    4     | cid      | tea-250   | 4d
    4     | cid      | pot       | 4d
    5     | dan      | voucher   | 4d
    5     | dan      | pot       | 4d
    6     | eve      | voucher   | 8d
""")
SHOP = Shop(
    SALES,
    products={"tea-100": "tea", "tea-250": "tea"},
    categories={
        "tea-100": "Food > Tea",
        "tea-250": "Food > Tea",
        "cup": "Home > Cups > Small",
        "pot": "Home > Pots",
    },
)


def build_products(shop: Shop, **changes: Any) -> AssociationSummary:
    """Build the table of products from a shop; every pair is kept unless changed."""
    load_shop(shop_engine(), shop)
    options = AlsoBought(**{**LENIENT, **changes})
    return build_also_bought_product(shop_engine(), options, WINDOW)


def build_categories(shop: Shop, **changes: Any) -> AssociationSummary:
    """Build the table of categories from a shop; every pair is kept unless changed."""
    load_shop(shop_engine(), shop)
    options = AlsoBoughtCategory(**{**LENIENT, **changes})
    return build_also_bought_category(shop_engine(), options, WINDOW)


def test_a_product_is_bought_where_one_of_its_items_is_and_counts_once() -> None:
    build_products(SHOP)
    # ann: tea, cup; bob: tea, cup in two orders; cid: tea, pot; dan: pot, voucher; eve: voucher.
    expected = [
        ("cup", "tea", 1, 2, 2, 3, 5, 2),
        ("pot", "tea", 2, 1, 2, 3, 5, 1),
        ("pot", "voucher", 1, 1, 2, 2, 5, 1),
        ("tea", "cup", 1, 2, 3, 2, 5, 2),
        ("tea", "pot", 2, 1, 3, 2, 5, 1),
        ("voucher", "pot", 1, 1, 2, 2, 5, 1),
    ]
    assert expected == rows_of(shop_engine(), "also_bought_product", *COUNTS)


def test_two_items_of_one_product_are_one_item_and_no_pair() -> None:
    summary = build_products(Shop(SALES[:2], products=SHOP.products))
    assert (1, 0, 0) == (summary.item_count, summary.tested_pair_count, summary.row_count)


def test_what_has_no_category_makes_baskets_and_no_pairs() -> None:
    summary = build_categories(SHOP)
    # Orders: tea and cup, tea, cup, tea and pot, pot (with a voucher), the voucher alone: six.
    expected = [
        ("Food > Tea", "Home > Cups", 1, 1, 3, 2, 6, 1),
        ("Food > Tea", "Home > Pots", 2, 1, 3, 2, 6, 1),
        ("Home > Cups", "Food > Tea", 1, 1, 2, 3, 6, 1),
        ("Home > Pots", "Food > Tea", 1, 1, 2, 3, 6, 1),
    ]
    assert expected == rows_of(shop_engine(), "also_bought_category", *COUNTS)
    assert (3, 2, 3) == (summary.item_count, summary.joint_pair_count, summary.tested_pair_count)


@pytest.mark.parametrize(
    ("depth", "names"),
    [
        (1, {"Food", "Home"}),
        (2, {"Food > Tea", "Home > Cups", "Home > Pots"}),
        (3, {"Food > Tea", "Home > Cups > Small", "Home > Pots"}),
    ],
)
def test_the_depth_says_how_many_levels_tell_categories_apart(depth: int, names: set[str]) -> None:
    build_categories(SHOP, category_depth=depth)
    found = rows_of(shop_engine(), "also_bought_category", "source_item_id")
    assert names == {name for (name,) in found}


def test_columns_are_those_of_the_published_tables() -> None:
    build_products(SHOP)
    found = shop_engine().fetch("also_bought_product").column_names
    assert ALSO_BOUGHT_PRODUCT.column_names == tuple(found)
    build_categories(SHOP)
    found = shop_engine().fetch("also_bought_category").column_names
    assert ALSO_BOUGHT_CATEGORY.column_names == tuple(found)


def test_the_rows_say_what_their_items_are() -> None:
    build_products(SHOP)
    assert {("product", "customer")} == set(
        rows_of(shop_engine(), "also_bought_product", "item_level", "grain")
    )
    build_categories(SHOP)
    assert {("category", "order")} == set(
        rows_of(shop_engine(), "also_bought_category", "item_level", "grain")
    )


def test_nothing_in_the_window_gives_no_rows() -> None:
    assert AssociationSummary(*[0] * 10) == build_products(Shop())
    assert AssociationSummary(*[0] * 10) == build_categories(Shop())


def test_what_is_bought_lately_counts_for_more_at_every_level() -> None:
    build_products(SHOP, half_life_days=1)
    weights = rows_of(shop_engine(), "also_bought_product", *COUNTS[:2], "decayed_weight")
    # The end is day 9. Tea and cup: ann 2^-6, bob the tea of day 4, 2^-5; tea and pot: 2^-5.
    assert ("cup", "tea", 2**-6 + 2**-5) in weights
    assert ("pot", "tea", 2**-5) in weights


@given(
    shop=shops(),
    wanted=st.fixed_dictionaries(
        {
            "grain": st.sampled_from(["customer", "customer_day", "order"]),
            "min_item_count": st.integers(1, 2),
            "min_pair_count": st.integers(1, 2),
            "min_customers": st.integers(1, 2),
            "min_lift": st.sampled_from([0.0, 1.0]),
            "max_basket_items": st.sampled_from([2, 100]),
            "max_targets": st.integers(1, 3),
            "max_q_value": st.sampled_from([None, 0.9137, 0.3713]),
        }
    ),
    paths=st.dictionaries(st.sampled_from("ABCDE"), st.sampled_from(["x", "x > y", "x > z", "w"])),
    depth=st.integers(1, 2),
)
def test_random_shops_agree_with_the_oracle_at_every_level(
    shop: Shop, wanted: dict[str, Any], paths: dict[str, str], depth: int
) -> None:
    shop = replace(shop, categories=paths)
    products = {item: shop.products.get(item, item) for item in shop.items}
    widest = {item: " > ".join(path.split(" > ")[:depth]) for item, path in paths.items()}
    categories = {item: widest.get(item, NAMELESS) for item in shop.items}
    load_shop(shop_engine(), shop)
    resources = [EngineOptions(pair_counts="kernel"), EngineOptions(pair_counts="sql")]
    of_products, of_categories = AlsoBought(**wanted), AlsoBoughtCategory(**wanted)
    of_categories = of_categories.model_copy(update={"category_depth": depth})

    expected = oracle(shop, of_products, products)
    summaries = []
    for each in resources:
        built = build_also_bought_product(shop_engine(), of_products, WINDOW, resources=each)
        summaries.append(built)
        assert expected == found("also_bought_product")
    assert summaries[0] == summaries[1]

    expected = oracle(shop, of_categories, categories)
    summaries = []
    for each in resources:
        built = build_also_bought_category(shop_engine(), of_categories, WINDOW, resources=each)
        summaries.append(built)
        assert expected == found("also_bought_category")
    assert summaries[0] == summaries[1]


def oracle(shop: Shop, wanted: AlsoBought, groups: dict[str, str]) -> list[tuple[Any, ...]]:
    """Return the rows of the naive `also_bought` of a shop that sells groups."""
    lines = [replace(line, item=groups[line.item]) for line in shop.sale_lines if line.item]
    rows = also_bought(replace(shop, sale_lines=tuple(lines)), wanted, WINDOW, "product")
    return sorted(
        (*(row[name] for name in COUNTS[:-1]), row["person_count"], *_tests(row)) for row in rows
    )


def found(table: str) -> list[tuple[Any, ...]]:
    """Return what the oracle gives, from a table."""
    rows = shop_engine().fetch(table).to_pylist()
    return sorted((*(row[name] for name in COUNTS), *_tests(row)) for row in rows)


def _tests(row: dict[str, Any]) -> tuple[float, ...]:
    return tuple(round(row[name], 9) for name in TESTS)


def test_a_table_of_a_level_is_also_bought_of_a_run_at_that_level(tmp_path: Path) -> None:
    write_project(tmp_path)
    lenient = [
        f"{table}.{name}={value}"
        for table in ("also_bought", "also_bought_product", "also_bought_category")
        for name, value in {**LENIENT, "max_q_value": "null", "grain": "customer"}.items()
    ]
    by_sku = run(
        load_config(tmp_path / CONFIG, [*lenient, "also_bought_category.category_depth=9"])
    )
    for level in ("product", "category"):
        by_level = run(load_config(tmp_path / CONFIG, [*lenient, f"item_level={level}"]))
        expected = pq.read_table(by_level.folder / "also_bought.parquet")
        assert 0 < expected.num_rows
        assert expected == pq.read_table(by_sku.folder / f"also_bought_{level}.parquet")


COLUMNS = {name: name for name in ("order_id", "customer_id", "item_id", "ordered_at")}
BOTH = {"also_bought_product", "also_bought_category"}


@pytest.mark.parametrize(
    ("item_level", "known", "expected"),
    [
        ("sku", ["product_id", "category"], {}),
        ("sku", ["category"], {"also_bought_product": "the catalogue has no product_id"}),
        ("sku", ["product_id"], {"also_bought_category": "the catalogue has no category"}),
        (
            "product",
            ["product_id", "category"],
            {"also_bought_product": "item_level is product: see also_bought"},
        ),
        (
            "category",
            ["product_id", "category"],
            dict.fromkeys(BOTH, "item_level is category: see also_bought"),
        ),
    ],
)
def test_a_level_is_published_where_the_catalogue_knows_it_and_the_run_is_finer(
    item_level: str, known: list[str], expected: dict[str, str]
) -> None:
    config = Config.model_validate(
        {
            "item_level": item_level,
            "orders": {"files": "o.csv", "columns": COLUMNS},
            "catalogue": {
                "files": "c.csv",
                "columns": {"item_id": "item_id", **{name: name for name in known}},
            },
        }
    )
    assert set(wanted_tables(config)) >= BOTH
    reasons = reasons_against(config)
    assert expected == {name: reasons[name] for name in BOTH if name in reasons}


def test_without_customers_a_level_needs_baskets_of_orders() -> None:
    columns = {name: name for name in ("order_id", "item_id", "ordered_at")}
    catalogue = {"files": "c.csv", "columns": {name: name for name in ("item_id", "category")}}
    orders = {"files": "o.csv", "columns": columns}
    tree: dict[str, Any] = {"orders": orders, "catalogue": catalogue}
    assert "also_bought_category" not in reasons_against(Config.model_validate(tree))
    tree["also_bought_category"] = {"grain": "customer"}
    reason = "orders have no customer_id: set the grain to order"
    assert reason == reasons_against(Config.model_validate(tree))["also_bought_category"]
