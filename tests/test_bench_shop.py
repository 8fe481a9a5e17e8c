"""What bench/shop.py says it planted is there, by plain counting in the files it wrote."""

import importlib
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipeline.config.load import load_config

BENCH = Path(__file__).resolve().parents[1] / "bench"
DAY = pd.Timedelta(days=1)
END = pd.Timestamp("2025-06-30", tz="UTC")  # 180 days from the first of January


def _generate(size: str, folder: Path, suffix: str = "parquet", seed: int = 1) -> Path:
    sys.path.insert(0, str(BENCH))  # as Python does for the program itself
    try:
        importlib.import_module("shop").write_shop(size, folder, suffix, seed)
    finally:
        sys.path.remove(str(BENCH))
    return folder


@dataclass(frozen=True)
class Written:
    """The tables of a generated shop; bots are not among the views."""

    truth: dict[str, Any]
    lines: pd.DataFrame
    sales: pd.DataFrame
    events: pd.DataFrame
    views: pd.DataFrame
    catalogue: pd.DataFrame


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Written:
    folder = _generate("small", tmp_path_factory.mktemp("shop"))
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    lines = pd.read_parquet(folder / "orders")
    events = pd.read_parquet(folder / "events")
    is_view = (events["event_type"] == "view") & ~events["visitor_id"].isin(truth["bots"])
    catalogue = pd.read_parquet(folder / "catalogue.parquet")
    return Written(truth, lines, lines[lines["quantity"] > 0], events, events[is_view], catalogue)


def _holders(rows: pd.DataFrame, key: str) -> dict[str, set[int]]:
    """Return for each item the orders, sessions, ... that hold it."""
    return {str(item): set(keys) for item, keys in rows.groupby("item_id")[key]}


def _pooled_share(pairs: list[list[str]], holders: dict[str, set[int]]) -> float:
    """Return how often the right side is there where the left side is, over all pairs."""
    joint = sum(len(holders[left] & holders[right]) for left, right in pairs)
    return joint / sum(len(holders[left]) for left, _ in pairs)


def _strangers(pairs: list[list[str]]) -> list[list[str]]:
    """Return the left sides with the right sides of their neighbours."""
    return [[left, pairs[place - 1][1]] for place, (left, _) in enumerate(pairs)]


def test_the_size_is_about_what_was_asked_for(shop: Written) -> None:
    assert len(shop.lines) == shop.truth["order_lines"]
    assert len(shop.events) == shop.truth["events"]
    assert len(shop.lines) == pytest.approx(150_000, rel=0.03)
    assert len(shop.events) == pytest.approx(400_000, rel=0.03)
    assert len(shop.catalogue) == 2_000


def test_the_shapes_are_those_of_a_shop(shop: Written) -> None:
    sessions = shop.views.groupby("session_id").size()
    orders = shop.sales.groupby("order_id")
    visitors = shop.events.groupby("visitor_id")["customer_id"].count()
    popular = shop.sales["item_id"].value_counts(normalize=True)
    times = orders["ordered_at"].agg(["min", "max"])
    assert orders.size().mean() == pytest.approx(3.3, abs=0.3)
    assert sessions.mean() == pytest.approx(5, abs=0.5)
    assert shop.sales["customer_id"].isna().mean() == pytest.approx(0.05, abs=0.01)
    assert (shop.lines["quantity"] < 0).mean() == pytest.approx(0.027, abs=0.005)
    assert (visitors > 0).mean() == pytest.approx(0.45, abs=0.07)
    assert popular.head(200).sum() > 0.4
    assert (times["min"] == times["max"]).all()
    assert shop.lines["ordered_at"].between("2025-01-01T00:00:00Z", END).all()


def test_bots_exceed_a_thousand_events_on_one_day(shop: Written) -> None:
    days = shop.events.groupby(["visitor_id", shop.events["event_at"].dt.date]).size()
    assert set(shop.truth["bots"]) == {visitor for visitor, _ in days[days > 1000].index}


def test_complements_are_bought_in_the_same_order(shop: Written) -> None:
    orders = _holders(shop.sales, "order_id")
    pairs = shop.truth["complements"]
    assert _pooled_share(pairs, orders) == pytest.approx(0.4, abs=0.05)
    assert _pooled_share(_strangers(pairs), orders) < 0.05


def test_every_complement_reaches_the_minimum_count_of_the_configuration(shop: Written) -> None:
    orders = _holders(shop.sales, "order_id")
    assert min(len(orders[a] & orders[b]) for a, b in shop.truth["association_rules"]) >= 40


def test_a_sequence_is_ordered_seven_to_forty_days_later(shop: Written) -> None:
    sales = shop.sales.dropna(subset="customer_id")
    first = sales[sales["ordered_at"] < END - 40 * DAY]
    pairs = pd.DataFrame(shop.truth["sequences"], columns=["source", "target"])
    sources = first.merge(pairs, left_on="item_id", right_on="source")
    later = sources.merge(
        sales, left_on=["customer_id", "target"], right_on=["customer_id", "item_id"]
    )
    gap = later["ordered_at_y"] - later["ordered_at_x"]
    followed = later[(gap >= 7 * DAY) & (gap <= 40 * DAY)]
    share = followed[["order_id_x", "target"]].drop_duplicates().shape[0] / len(sources)
    assert share == pytest.approx(0.25, abs=0.05)


def test_substitutes_are_viewed_together_and_hardly_bought_together(shop: Written) -> None:
    sessions, orders = _holders(shop.views, "session_id"), _holders(shop.sales, "order_id")
    pairs = shop.truth["also_viewed"]
    basket_count = shop.sales["order_id"].nunique()
    joint = sum(len(orders[a] & orders[b]) for a, b in pairs)
    by_chance = sum(len(orders[a]) * len(orders[b]) / basket_count for a, b in pairs)
    assert _pooled_share(pairs, sessions) > 0.45
    assert _pooled_share(_strangers(pairs), sessions) < 0.05
    assert joint < 0.5 * by_chance


def test_substitutes_share_a_category_and_nearly_a_price(shop: Written) -> None:
    items = shop.catalogue.set_index("item_id")
    for left, right in shop.truth["substitutes"]:
        assert items.loc[left, "category"] == items.loc[right, "category"]
        assert items.loc[right, "price"] == pytest.approx(items.loc[left, "price"], rel=0.1)


def test_no_planted_pair_is_of_one_product(shop: Written) -> None:
    product = shop.catalogue.set_index("item_id")["product_id"]
    for pairs in ("also_bought", "also_viewed", "view_then_bought"):
        assert all(product[left] != product[right] for left, right, *_ in shop.truth[pairs])


def _viewers(shop: Written) -> pd.DataFrame:
    """Return visitor, item and first view, where seven days are left after it."""
    keys = ["visitor_id", "item_id"]
    first = shop.views.groupby(keys, as_index=False)["event_at"].min()
    customers = shop.views.groupby("visitor_id")["customer_id"].first()
    viewers: pd.DataFrame = first[first["event_at"] < END - 7 * DAY]
    return viewers.join(customers, on="visitor_id")


def test_viewers_buy_the_planted_targets_within_seven_days(shop: Written) -> None:
    truth = pd.DataFrame(shop.truth["view_then_bought"], columns=["source", "target", "expected"])
    viewers = _viewers(shop).merge(truth, left_on="item_id", right_on="source")
    bought = viewers.dropna(subset="customer_id").merge(
        shop.sales, left_on=["customer_id", "target"], right_on=["customer_id", "item_id"]
    )
    wait = bought["ordered_at"] - bought["event_at"]
    buyers = bought[(wait > 0 * DAY) & (wait <= 7 * DAY)]
    counted = buyers.groupby(["source", "target"])["visitor_id"].nunique()
    per_source = viewers.groupby(["source", "target"])["visitor_id"].nunique()
    actual = (100 * counted / per_source).fillna(0.0)
    expected = truth.set_index(["source", "target"])["expected"]
    by_chance = actual - expected
    assert by_chance.min() > -0.001  # the truth is rounded to three digits
    assert by_chance.mean() < 0.5
    assert expected.groupby(level="source").sum().mean() == pytest.approx(12, abs=3)


def test_a_seed_gives_the_same_files_and_another_seed_others(tmp_path: Path) -> None:
    first, second = (_generate("tiny", tmp_path / name) for name in ("first", "second"))
    other = _generate("tiny", tmp_path / "other", seed=2)
    names = sorted(path.relative_to(first) for path in first.rglob("*") if path.is_file())
    assert all((first / name).read_bytes() == (second / name).read_bytes() for name in names)
    assert (first / "truth.json").read_bytes() != (other / "truth.json").read_bytes()
    assert len(names) == 7  # two parts of orders and events, catalogue, truth, configuration


def test_the_program_says_what_it_wrote(tmp_path: Path) -> None:
    command = [sys.executable, str(BENCH / "shop.py"), "tiny", str(tmp_path), "--seed", "3"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    truth = json.loads((tmp_path / "truth.json").read_text(encoding="utf-8"))
    figures = f"{truth['order_lines']} order lines, {truth['events']} events"
    assert f"{figures} in {tmp_path}\n" == done.stdout


def test_csv_holds_the_rows_of_parquet(tmp_path: Path) -> None:
    parquet = _generate("tiny", tmp_path / "parquet")
    text = _generate("tiny", tmp_path / "csv", "csv")
    expected = pd.read_parquet(parquet / "events" / "part-001.parquet")
    actual = pd.read_csv(text / "events" / "part-001.csv", dtype_backend="numpy_nullable")
    assert list(expected.columns) == list(actual.columns)
    assert expected["item_id"].tolist() == actual["item_id"].tolist()
    assert expected["event_at"].tolist() == pd.to_datetime(actual["event_at"]).tolist()


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_the_written_configuration_is_valid(tmp_path: Path, suffix: str) -> None:
    folder = _generate("tiny", tmp_path, suffix)
    config = load_config(folder / "config.yaml").config
    assert config.orders.files == f"orders/*.{suffix}"
    assert config.mining.min_count == 15
