"""The example shops with pages, on real data: what no page may show, and what it must."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipeline.config.load import load_config
from pipeline.io.manifest import read_manifest
from pipeline.run import run
from tests.conftest import PROJECT

pytestmark = pytest.mark.deep

SHOPS = ("foodmart_shop", "rees46_shop")


@pytest.fixture(scope="module", params=SHOPS)
def shop(
    request: pytest.FixtureRequest, shared_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Path, duckdb.DuckDBPyConnection]]:
    """Run a shop and open its tables: name, folder of the run, connection."""
    assert shared_data.is_dir()
    folder = run_shop(request.param, tmp_path_factory.mktemp(request.param))
    with duckdb.connect() as connection:
        for path in folder.glob("*.parquet"):
            connection.execute(f"create view {path.stem} as select * from '{path}'")
        connection.execute(
            "create view shown as select r.*, s.category as source_category,"
            " s.brand as source_brand, s.price as source_price, t.category as target_category,"
            " t.brand as target_brand,"
            " t.price as target_price, t.stock as target_stock, t.is_listed as target_is_listed"
            " from recommendations r join item_stats t on t.item_id = r.target_item_id"
            " left join item_stats s on s.item_id = r.source_id and r.source_kind = 'item'"
        )
        yield request.param, folder, connection


def run_shop(name: str, output: Path) -> Path:
    """Publish an example shop and return the folder of its run."""
    config = load_config(PROJECT / "configs" / f"{name}.yaml", [f'output.path="{output}"'])
    return run(config).folder


def count(connection: duckdb.DuckDBPyConnection, sql: str) -> Any:
    """Return the one value of a statement."""
    row = connection.execute(sql).fetchone()
    assert row is not None
    return row[0]


def test_no_page_shows_what_it_must_not(shop: Any) -> None:
    _, _, connection = shop
    page = "placement, source_kind, source_id, customer_segment"
    assert count(connection, "select count(*) from shown") == (
        count(connection, "select count(*) from recommendations")
    )
    assert count(connection, "select count(*) from shown") > 10_000
    for condition in (
        "target_item_id = source_id and source_kind = 'item'",
        "not target_is_listed",
        "target_stock = 0",
        "target_category = 'Non-Consumable > Checkout > Miscellaneous > Maps'",
    ):
        assert count(connection, f"select count(*) from shown where {condition}") == 0
    repeated = f"select {page}, target_item_id from shown group by all having count(*) > 1"
    assert connection.execute(repeated).fetchall() == []
    ranks = f"select {page} from shown group by all having max(rank) <> count(*) or min(rank) <> 1"
    assert connection.execute(ranks).fetchall() == []


def test_alternatives_keep_to_category_brand_and_price(shop: Any) -> None:
    """By hand from DEFINITIONS: up 1.10 to 2.0, down 0.5 to 0.90, similar between."""
    _, _, connection = shop
    bounds = {
        "same_brand_up_sell": (1.1, 2.0), "other_brand_up_sell": (1.1, 2.0),
        "similar_price": (0.9, 1.1), "down_sell": (0.5, 0.9),
    }  # fmt: skip
    mined = "(source like 'mined:%' or source = 'fallback:attribute_overlap')"
    for relation, (low, high) in bounds.items():
        rows = f"from shown where relation = '{relation}' and {mined}"
        wrong = (
            f"{rows} and not (target_category = source_category and target_price / source_price "
            f"between {low} - 1e-9 and {high} + 1e-9)"
        )
        assert count(connection, f"select count(*) {wrong}") == 0, relation
        brands = "target_brand <> source_brand" if relation.startswith("same") else "false"
        brands = "target_brand = source_brand" if relation.startswith("other") else brands
        assert count(connection, f"select count(*) {rows} and {brands}") == 0, relation


def test_cross_sell_leaves_the_category_where_its_type_says_so(shop: Any) -> None:
    _, _, connection = shop
    wrong = "relation in ('accessory', 'scene', 'complementary') and source <> 'manual'"
    same = "target_category = source_category"
    assert count(connection, f"select count(*) from shown where {wrong} and {same}") == 0


def test_what_was_picked_by_hand_stands_where_it_was_picked(shop: Any) -> None:
    """The picks are those of configs/foodmart_shop/manual.csv, as of the end of 1997."""
    name, _, connection = shop
    if name != "foodmart_shop":
        assert count(connection, "select count(*) from shown where source = 'manual'") == 0
        return
    picked = (
        "select target_item_id, relation_rank, reason from shown where source = 'manual' "
        "and placement = 'product_page' and source_id = '915' order by rank"
    )
    assert [
        ("917", 1, "picked by hand: the house blend"),
        ("1539", 2, "picked by hand: roaster of the month"),
    ] == connection.execute(picked).fetchall()
    home = (
        "select target_item_id from shown where relation = 'from_the_counter' "
        "and placement = 'home' and source_id = 'everyone' order by rank"
    )
    assert [("568",), ("477",)] == connection.execute(home).fetchall()


def test_rules_show_what_they_say_and_to_whom(shop: Any) -> None:
    name, _, connection = shop
    if name != "foodmart_shop":
        return
    wine = "select count(*), count(distinct source_id) from shown where source like 'rule:wine%'"
    rows, pages = connection.execute(wine).fetchall()[0]
    assert rows == 2 * pages > 0
    wrong = f"{wine} and (target_price < 2 or target_category not like '%Beer and Wine > Wine')"
    assert connection.execute(wrong).fetchall() == [(0, 0)]
    magazines = "select distinct customer_segment from shown where source like 'rule:magazines%'"
    assert {("champions",), ("loyal",)} == set(connection.execute(magazines).fetchall())


def test_brands_keep_to_their_cap(shop: Any) -> None:
    """Manual rows count, and are exempt themselves."""
    name, _, connection = shop
    if name != "foodmart_shop":
        return
    sql = (
        "select placement, source_id, customer_segment, target_brand from shown "
        "where placement <> 'cart' group by all having count(*) > 4 "
        "and count(*) filter (source <> 'manual') > 4"
    )
    assert connection.execute(sql).fetchall() == []


def test_a_second_run_gives_the_same_bytes(shop: Any, tmp_path: Path) -> None:
    name, folder, _ = shop
    tables = ("recommendations", "recommendation_lists", "cart_pairs")
    first, second = (
        {one.table: one.sha256 for one in read_manifest(path).tables if one.table in tables}
        for path in (folder, run_shop(name, tmp_path))
    )
    assert first == second
