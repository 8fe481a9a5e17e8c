"""Itemsets of a run that publishes no rules: the same rows, and no rules."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.__main__ import main
from pipeline.config.load import load_config
from pipeline.config.mining_options import Mining
from pipeline.engine import Pieces
from pipeline.errors import ConfigError
from pipeline.io.duckdb_engine import DuckDBEngine
from pipeline.io.new_project import write_project
from pipeline.mining import itemset_rows
from pipeline.mining.itemsets_alone import ItemsetSummary, build_itemsets_alone
from pipeline.mining.rules import build_rules
from pipeline.mining.window import Window
from pipeline.names import FREQUENT_ITEMSETS
from pipeline.possible import stages_of
from pipeline.run import run
from tests.shops import SaleLine, Shop, load_shop, shop_engine, shops
from tests.tables import instant

WINDOW = Window(instant("2d"), instant("9d"))


def options(**changes: Any) -> Mining:
    """Options that keep every itemset, unless changed."""
    lenient = {"min_support": None, "min_count": 1, "max_itemset_size": 9, "min_confidence": 0.0}
    return Mining(**{**lenient, **changes})


def two_equal_orders(size: int) -> Shop:
    """Return a shop in which every set of so many items is in both orders."""
    items = [f"item {number}" for number in range(size)]
    return Shop(tuple(SaleLine(order, None, one, instant("3d")) for order in "12" for one in items))


def rows() -> list[dict[str, Any]]:
    """Return the itemsets as they are written."""
    columns = FREQUENT_ITEMSETS.column_names
    batches = shop_engine().in_order("frequent_itemsets", columns, FREQUENT_ITEMSETS.sort)
    found = [row for batch in batches for row in batch.to_pylist()]
    shop_engine().drop("frequent_itemsets")
    return found


@given(
    shop=shops(),
    rows_held_and_in_a_piece=st.tuples(st.sampled_from([0, 10**6]), st.integers(1, 5)),
    threads=st.integers(1, 2),
    changes=st.fixed_dictionaries(
        {
            "min_count": st.integers(1, 3),
            "max_itemset_size": st.integers(1, 4),
            "target": st.sampled_from(["frequent", "closed", "maximal"]),
            "miner": st.sampled_from(["kernel", "mlxtend"]),
            "algorithm": st.sampled_from(["fpgrowth", "apriori"]),
        }
    ),
)
def test_without_rules_the_itemsets_are_those_of_a_run_with_rules(
    shop: Shop, rows_held_and_in_a_piece: tuple[int, int], threads: int, changes: dict[str, Any]
) -> None:
    load_shop(shop_engine(), shop)
    with_rules = build_rules(shop_engine(), options(**changes), WINDOW, "sku")
    expected = rows()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(itemset_rows, "HELD_ROWS", rows_held_and_in_a_piece[0])
        patched.setattr(itemset_rows, "PIECE_ROWS", rows_held_and_in_a_piece[1])
        wanted = options(**changes)
        alone = build_itemsets_alone(shop_engine(), wanted, WINDOW, "sku", threads=threads)
        assert expected == rows()
    assert alone == ItemsetSummary(
        with_rules.basket_count,
        with_rules.giant_basket_count,
        with_rules.min_count,
        with_rules.frequent_item_count,
        len(expected),
        None,
    )


def published(report: Any) -> bytes:
    return (Path(report.folder) / "frequent_itemsets.parquet").read_bytes()


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    write_project(tmp_path / "shop")
    return tmp_path / "shop" / "basket.yaml"


def test_a_run_of_itemsets_alone_makes_no_rules_and_writes_the_same_bytes(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    expected = published(run(load_config(shop)))
    assert main(["run", str(shop), "--json", "--only", "frequent_itemsets"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (
        shop.parent / "outputs" / "runs" / report["run_id"] / "frequent_itemsets.parquet"
    ).read_bytes() == expected
    assert "association_rules" not in report["figures"]
    assert report["figures"]["frequent_itemsets"]["itemset_count"] > 5
    manifest = json.loads(
        (shop.parent / "outputs" / "runs" / report["run_id"] / "manifest.json").read_text()
    )
    assert "mined_rules" not in {step["table"] for step in manifest["steps"]}
    assert "measured_pairs" not in {step["table"] for step in manifest["steps"]}


@pytest.mark.parametrize(
    ("wanted", "stages"),
    [
        (["frequent_itemsets"], ["frequent_itemsets"]),
        (["frequent_itemsets", "association_rules"], ["association_rules"]),
        (["frequent_itemsets", "item_stats"], ["frequent_itemsets", "item_stats"]),
        (["association_rules"], ["association_rules"]),
    ],
)
def test_rules_are_made_where_they_are_wanted(wanted: list[str], stages: list[str]) -> None:
    assert stages == stages_of(wanted)


def test_rules_that_nobody_wants_do_not_count_against_the_memory() -> None:
    # 2^14 - 1 itemsets, of which 3^14 - 2^15 + 1 rules could be made.
    load_shop(shop_engine(), two_equal_orders(14))
    wanted = options(max_itemset_size=14, max_consequent_size=13, max_memory_mb=200)
    with pytest.raises(ConfigError, match=r"rules, which need about .* than mining.max_memory_mb"):
        build_rules(shop_engine(), wanted, WINDOW, "sku")
    summary = build_itemsets_alone(shop_engine(), wanted, WINDOW, "sku")
    assert summary.itemset_count == 2**14 - 1


def test_itemsets_that_would_not_fit_are_refused() -> None:
    load_shop(shop_engine(), two_equal_orders(14))
    wanted = options(max_itemset_size=14, max_itemsets=9999)
    with pytest.raises(ConfigError, match=r"about 16,383 itemsets, more than mining.max_itemsets"):
        build_itemsets_alone(shop_engine(), wanted, WINDOW, "sku")


def test_small_groups_leave_itemsets_that_were_only_promised(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes = ["mining.grain=customer", "privacy.min_group_size=12", "mining.min_support=0.01"]
    loaded = load_config(shop, changes)
    whole = run(loaded, only=["frequent_itemsets"])
    expected = pq.read_table(Path(whole.folder) / "frequent_itemsets.parquet")
    assert min(expected["joint_count"].to_pylist()) >= 12
    monkeypatch.setattr(itemset_rows, "HELD_ROWS", 0)
    monkeypatch.setattr(itemset_rows, "PIECE_ROWS", 7)
    promised = run(loaded, only=["frequent_itemsets"])
    assert expected.equals(pq.read_table(Path(promised.folder) / "frequent_itemsets.parquet"))


def test_a_promised_table_can_be_held_as_a_whole() -> None:
    engine = DuckDBEngine()
    pieces = Pieces("numbers", lambda: iter([pa.table({"a": [1, 2]}), pa.table({"a": [3]})]), 3)
    engine.defer("promised", "select a, $b as b from numbers", {"b": 7}, pieces)
    engine.hold("promised")
    assert [(1, 7), (2, 7), (3, 7)] == engine.run("from promised order by all")
    assert engine.count("promised") == 3
