"""From columns of the files to rules in their context: attributes, lookups, what is missing."""

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from pipeline.config.load import load_config
from pipeline.config.model import Config
from pipeline.errors import ConfigError
from pipeline.possible import reasons_against, wanted_tables
from pipeline.run import run

CONFIG = """
orders:
  files: orders.csv
  csv: {encoding: ENCODING}
  lookups:
    - {files: stores.csv, key: shop, columns: [region]}
  columns: {order_id: order, customer_id: who, item_id: item, ordered_at: at}
  attributes: {store: shop, place: [region, shop]}
  timestamps: {formats: ["%Y-%m-%d"]}
mining: {min_support: null, min_count: 1, max_q_value: null, only_productive: false}
context: {by: [store, place], min_item_count: 1, min_customers: 1, max_q_value: 1}
"""
STORES = "shop,region\n1,north\n2,south\n3,\n"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Orders of four shops: tea and rye go together in shop 1 only; shop 4 has no region."""
    lines = ["order,who,item,at,shop"]
    for order in range(40):
        store, items = order % 4 + 1, {0: "tea rye", 1: "tea", 2: "rye"}[order // 4 % 3]
        if store != 1 and items == "tea rye":
            items = "jam tea" if order < 20 else "tea rye"
        day = f"2026-01-{order % 28 + 1:02}"
        lines += [f"{order},c{order},{item},{day},{store}" for item in items.split()]
    lines += ["40,c40,tea,2026-01-05,2", "40,c40,rye,2026-01-05,1"]
    (tmp_path / "orders.csv").write_text("\n".join([*lines, ""]), encoding="utf-8")
    (tmp_path / "stores.csv").write_text(STORES, encoding="utf-8")
    return tmp_path


def published(shop: Path, encoding: str = "utf-8") -> list[dict[str, Any]]:
    path = shop / "shop.yaml"
    path.write_text(CONFIG.replace("ENCODING", encoding), encoding="utf-8")
    report = run(load_config(path))
    return list(pq.read_table(report.folder / "context_rules.parquet").to_pylist())


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_attributes_come_from_columns_and_lookups_by_either_reader(
    shop: Path, encoding: str
) -> None:
    """The order with lines of shops 1 and 2 is one of shop 1."""
    found = published(shop, encoding)
    assert {("store", "1"), ("store", "2"), ("store", "3"), ("store", "4")} == {
        (row["context"], row["value"]) for row in found if row["context"] == "store"
    }
    assert {"north|1", "south|2"} == {row["value"] for row in found if row["context"] == "place"}
    sizes = {row["value"]: (row["basket_count"], row["outside_basket_count"]) for row in found}
    assert {"1": (11, 30), "2": (10, 31), "north|1": (11, 10), "south|2": (10, 11)} == {
        value: size for value, size in sizes.items() if value not in {"3", "4"}
    }
    first = min(found, key=lambda row: row["rank"])
    assert found
    assert first["rank"] == 1


def test_both_readers_publish_the_same_rows(shop: Path, tmp_path: Path) -> None:
    assert published(shop) == published(shop, "latin-1")
    assert tmp_path == shop


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (("[store, place]", "[shop]"), r"context\.by\.0: 'shop' is no context"),
        (("[store, place]", "[store, store]"), r"context\.by\.1: 'store' is given twice"),
        (("{store: shop,", "{hour: shop,"), r"orders\.attributes\.hour: has a meaning of its own"),
        (("{store: shop,", "{store: '',"), r"orders\.attributes\.store: name a column"),
        (("max_q_value: 1", "hour_bands: [6, 6]"), r"hour_bands: give one hour or more, ascending"),
    ],
)
def test_contexts_that_mean_nothing_are_refused(
    shop: Path, change: tuple[str, str], problem: str
) -> None:
    path = shop / "shop.yaml"
    path.write_text(CONFIG.replace("ENCODING", "utf-8").replace(*change), encoding="utf-8")
    with pytest.raises(ConfigError, match=problem):
        load_config(path)


COLUMNS = {"order_id": "o", "customer_id": "c", "item_id": "i", "ordered_at": "t"}


@pytest.mark.parametrize(
    ("tree", "reason"),
    [
        ({}, "context.by is not set"),
        ({"context": {"by": ["weekend"]}, "mining": {"grain": "customer"}},
         "it needs rules of orders: set mining.grain to order"),
        ({"context": {"by": ["weekend"]}, "output": {"tables": ["context_rules"]}},
         "it needs the table association_rules"),
        ({"context": {"by": ["segment"]},
          "output": {"tables": ["context_rules", "association_rules"]}},
         "it needs the table rfm_segments"),
        ({"context": {"by": ["weekend"]}, "orders": {"columns": {"customer_id": "c"}}},
         "it needs the table association_rules"),
    ],
)  # fmt: skip
def test_why_there_are_no_context_rules(tree: dict[str, Any], reason: str) -> None:
    tables = {"output": {"tables": ["context_rules", "association_rules", "rfm_segments"]}}
    config = Config.model_validate({"orders": {"columns": COLUMNS}, **tables, **tree})
    assert reason == reasons_against(config)["context_rules"]


def test_context_rules_are_wanted_once_contexts_are_given() -> None:
    assert "context_rules" not in wanted_tables(Config())
    config = Config.model_validate({
        "orders": {"columns": COLUMNS}, "context": {"by": ["weekend", "segment"]},
    })  # fmt: skip
    assert "context_rules" in wanted_tables(config)
    assert "context_rules" not in reasons_against(config)
