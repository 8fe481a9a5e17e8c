"""Where scores begin: thresholds, cuts of an earlier run; value of a customer, worked by hand."""

import csv
import gzip
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pipeline.config.customer_options import Rfm, Thresholds
from pipeline.config.load import load_config
from pipeline.errors import DataError
from pipeline.io.new_project import CONFIG, write_project
from pipeline.io.runs import resolve
from pipeline.mining.rfm import build_rfm_segments
from pipeline.mining.window import Window
from pipeline.names import RFM_CUTS
from pipeline.run import run
from tests.reference_tables import rfm_segments
from tests.shops import SaleLine, Shop, drawn_sales, load_shop, rows_of, shop_engine, shops
from tests.tables import DAY, SECOND, instant

WINDOW = Window(instant("10d"), instant("20d"))
SALES = drawn_sales("""
    order | customer | item | at  | amount
    1     | ann      | A    | 12d | 5
    2     | ann      | A    | 13d | 5
    3     | ann      | A    | 19d | 5
    4     | bob      | A    | 13d | 40
    5     | bob      | A    | 16d | 20
    6     | cid      | A    | 10d | 1
""")
THRESHOLDS = Thresholds(recency_days=[7, 4, 2, 1], frequency=[2, 3, 4, 5], monetary=[1, 15, 60, 61])


def build_table(shop: Shop, wanted: Rfm, window: Window = WINDOW) -> None:
    load_shop(shop_engine(), shop)
    build_rfm_segments(shop_engine(), wanted, window)


def built(wanted: Rfm, *columns: str) -> list[tuple[Any, ...]]:
    build_table(Shop(SALES), wanted)
    return rows_of(shop_engine(), "rfm_segments", "customer_id", *columns)


def cuts() -> pa.Table:
    """Return the cuts of the table that was built last, as they are published."""
    return shop_engine().fetch("rfm_cuts").select(["measure", "score", "cut"])


def frozen(**options: Any) -> Rfm:
    return Rfm(scoring="frozen", frozen_cuts="rfm_cuts.parquet", **options)


def test_a_score_by_thresholds_is_one_plus_the_thresholds_reached() -> None:
    """Ann: 1 day, 3 orders, 15; Bob: 4 days, 2 orders, 60; Cid: 10 days, 1 order, 1."""
    scores = built(
        Rfm(scoring="thresholds", thresholds=THRESHOLDS),
        *("recency_score", "frequency_score", "monetary_score", "segment"),
    )
    expected = [
        ("ann", 5, 3, 3, "potential_loyalist"),
        ("bob", 3, 2, 4, "about_to_sleep"),
        ("cid", 1, 1, 2, "hibernating"),
    ]
    assert expected == scores


def test_without_monetary_thresholds_there_is_no_monetary_score() -> None:
    thresholds = THRESHOLDS.model_copy(update={"monetary": []})
    scores = built(Rfm(scoring="thresholds", thresholds=thresholds), "monetary", "monetary_score")
    assert [("ann", 15.0, None), ("bob", 60.0, None), ("cid", 1.0, None)] == scores


def test_published_cuts_of_quantiles_are_the_worst_value_of_each_score() -> None:
    """Of three customers none is worse than the worst (score 1), one is worse (2), two are (4)."""
    built(Rfm())
    rows = rows_of(shop_engine(), "rfm_cuts", "measure", "score", "cut", "customer_count")
    expected = [
        ("frequency", 2, 2.0, 2), ("frequency", 3, 3.0, 1),
        ("frequency", 4, 3.0, 1), ("frequency", 5, None, 0),
        ("monetary", 2, 15.0, 2), ("monetary", 3, 60.0, 1),
        ("monetary", 4, 60.0, 1), ("monetary", 5, None, 0),
        ("recency_days", 2, 4.0, 2), ("recency_days", 3, 1.0, 1),
        ("recency_days", 4, 1.0, 1), ("recency_days", 5, None, 0),
    ]  # fmt: skip
    assert expected == rows


def test_cuts_have_the_columns_of_the_published_table() -> None:
    built(Rfm())
    assert RFM_CUTS.column_names == tuple(shop_engine().fetch("rfm_cuts").column_names)


def test_order_value_and_customer_value_by_hand() -> None:
    """Ann's 15 in 8 days, Bob's 60 in 7, Cid's 1 in 10: at that pace, over 30 days."""
    values = built(
        Rfm(value_days=30, min_tenure_days=8, monetary="mean"),
        *("monetary", "average_order_value", "customer_value"),
    )
    expected = [
        ("ann", 5.0, 5.0, 15 * 30 / 8),
        ("bob", 30.0, 30.0, 60 * 30 / 8),
        ("cid", 1.0, 1.0, 3.0),
    ]
    assert expected == values


def test_without_prices_order_value_and_customer_value_are_null() -> None:
    sales = drawn_sales("""
        order | customer | item | at
        1     | ann      | A    | 12d
    """)
    build_table(Shop(sales), Rfm())
    columns = ("average_order_value", "customer_value", "first_order_at", "last_order_at")
    expected = [(None, None, 12 * DAY, 12 * DAY)]
    assert expected == rows_of(shop_engine(), "rfm_segments", *columns)


def test_first_and_last_orders_are_as_far_apart_as_others_found(shared_data: Path) -> None:
    """The summary looks at the first 39 weeks, up to 1997-09-30; it counts weeks."""
    end = int(datetime(1997, 10, 1, tzinfo=UTC).timestamp()) * SECOND
    build_table(Shop(_cdnow(shared_data / "cdnow" / "CDNOW_sample.txt.gz")), Rfm(), Window(0, end))
    columns = ("customer_id", "first_order_at", "last_order_at")
    rows = rows_of(shop_engine(), "rfm_segments", *columns)
    path = shared_data / "cdnow" / "cdnow_customers_summary.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        expected = {row["ID"]: float(row["recency"]) for row in csv.DictReader(lines)}
    assert expected == {
        customer: round((last - first) / (7 * DAY), 2) for customer, first, last in rows
    }


def _cdnow(path: Path) -> tuple[SaleLine, ...]:
    with gzip.open(path, "rt", encoding="ascii") as lines:
        cells = [line.split() for line in lines]
    return tuple(
        SaleLine(
            f"{customer} {date}",
            str(int(customer)),
            None,
            int(datetime.strptime(f"{date}Z", "%Y%m%d%z").timestamp()) * SECOND,
            amount=Decimal(dollars),
        )
        for _, customer, date, _, dollars in cells
    )


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"recency_days": [1, 2, 3, 4]}, "recency_days: give four numbers, none easier"),
        ({"frequency": [4, 3, 2, 1]}, "frequency: give four numbers"),
        ({"monetary": [1, 2, 3]}, "monetary: give four numbers"),
    ],
)
def test_thresholds_that_get_easier_are_refused(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        Thresholds(**options)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"scoring": "thresholds"}, r"needs thresholds\.frequency"),
        ({"scoring": "frozen"}, "give scoring: frozen and frozen_cuts together"),
        ({"frozen_cuts": "a.parquet"}, "give scoring: frozen and frozen_cuts together"),
    ],
)
def test_scoring_without_its_cuts_is_refused(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        Rfm(**options)


CUTS = st.lists(st.integers(0, 6), min_size=4, max_size=4).map(sorted)


@given(
    shop=shops(),
    thresholds=st.builds(
        Thresholds,
        recency_days=CUTS.map(lambda cuts: cuts[::-1]),
        frequency=CUTS,
        monetary=st.one_of(st.just([]), CUTS),
    ),
    tenure=st.integers(1, 12),
)
def test_random_shops_agree_with_the_oracle(
    shop: Shop, thresholds: Thresholds, tenure: int
) -> None:
    wanted = Rfm(
        scoring="thresholds", thresholds=thresholds, min_tenure_days=tenure, segment_map="eleven"
    )
    window = Window(2 * DAY, 9 * DAY)
    build_table(shop, wanted, window)
    rows = shop_engine().fetch("rfm_segments").to_pylist()
    actual = {row["customer_id"]: row for row in rows}
    expected = {row["customer_id"]: row for row in rfm_segments(shop, wanted, window)}
    assert expected == {
        customer: {name: actual[customer][name] for name in row}
        for customer, row in expected.items()
    }
    assert expected.keys() == actual.keys()


@given(shop=shops(), others=shops(), kind=st.sampled_from(["sum", "mean"]))
def test_frozen_cuts_give_the_same_scores_again_and_score_each_customer_alone(
    shop: Shop, others: Shop, kind: Any
) -> None:
    scored = ("customer_id", "recency_score", "frequency_score", "monetary_score", "segment")
    window = Window(0, 12 * DAY)
    build_table(shop, Rfm(monetary=kind), window)
    expected = rows_of(shop_engine(), "rfm_segments", *scored)
    shop_engine().load("frozen_cuts", cuts())
    build_table(shop, frozen(monetary=kind), window)
    assert expected == rows_of(shop_engine(), "rfm_segments", *scored)
    everybody = rows_of(shop_engine(), "rfm_cuts", "measure", "score", "cut")
    own = {row[0]: row for row in expected}
    both = Shop(shop.sale_lines + tuple(
        replace(line, order=f"x{line.order}", customer=line.customer and f"x{line.customer}")
        for line in others.sale_lines
    ))  # fmt: skip
    if own:
        build_table(both, frozen(monetary=kind), window)
        again = {row[0]: row for row in rows_of(shop_engine(), "rfm_segments", *scored)}
        assert own == {customer: again[customer] for customer in own}
        assert everybody == rows_of(shop_engine(), "rfm_cuts", "measure", "score", "cut")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A starter project that was run once."""
    folder = tmp_path_factory.mktemp("shop")
    write_project(folder)
    run(load_config(folder / CONFIG), only=["rfm_segments", "rfm_cuts"])
    return folder


def cuts_of(shop: Path) -> Path:
    (folder,) = (shop / "outputs" / "runs").iterdir()
    return folder / "rfm_cuts.parquet"


def frozen_run(shop: Path, output: Path, cuts: Path) -> Path:
    overrides = [f'output.path="{output}"', "rfm.scoring=frozen", f'rfm.frozen_cuts="{cuts}"']
    report = run(load_config(shop / CONFIG, overrides), only=["rfm_segments", "rfm_cuts"])
    return resolve(output, report.run_id)


def test_a_run_with_the_cuts_of_itself_publishes_the_same_segments(
    shop: Path, tmp_path: Path
) -> None:
    published = cuts_of(shop)
    again = frozen_run(shop, tmp_path / "outputs", published)
    for name in ("rfm_segments", "rfm_cuts"):
        first = pq.read_table(published.with_name(f"{name}.parquet")).to_pylist()
        second = pq.read_table(again / f"{name}.parquet").to_pylist()
        assert first
        assert [row | {"scoring": "frozen"} if "scoring" in row else row for row in first] == second


def test_other_cuts_make_another_run(shop: Path, tmp_path: Path) -> None:
    cuts = pq.read_table(cuts_of(shop))
    ids = set()
    for factor in (1, 2):
        column = pc.multiply(cuts["cut"], float(factor))
        pq.write_table(cuts.set_column(2, "cut", column), tmp_path / "cuts.parquet")
        ids.add(frozen_run(shop, tmp_path / "outputs", tmp_path / "cuts.parquet").name)
    assert 2 == len(ids)


@pytest.mark.parametrize(
    ("broken", "problem"),
    [
        (lambda cuts: cuts.slice(4), "has no cuts of frequency"),
        (lambda cuts: cuts.slice(1), "has cuts of frequency that do not follow each other"),
        (lambda cuts: cuts.drop_columns(["cut"]), "has other columns than the table rfm_cuts"),
        (
            lambda cuts: cuts.set_column(6, "lookback_days", pa.array([30] * len(cuts))),
            "was made with lookback_days 30, this run has 365",
        ),
        (
            lambda cuts: cuts.set_column(2, "cut", pa.array([9.0, 8.0, 7.0, 6.0] * 3)),
            "has cuts of frequency that do not follow each other",
        ),
    ],
)
def test_a_file_that_holds_no_usable_cuts_is_refused(
    shop: Path, tmp_path: Path, broken: Any, problem: str
) -> None:
    pq.write_table(broken(pq.read_table(cuts_of(shop))), tmp_path / "cuts.parquet")
    with pytest.raises(DataError, match=problem):
        frozen_run(shop, tmp_path / "outputs", tmp_path / "cuts.parquet")
