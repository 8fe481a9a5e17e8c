"""The sample is small, real where it says so, odd where the source is, and can be made again."""

import csv
import gzip
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
SAMPLE = PROJECT / "data" / "sample"
MAX_BYTES = 3_000_000

Row = dict[str, str]


def _content(path: Path) -> bytes:
    content = path.read_bytes()
    return gzip.decompress(content) if path.suffix == ".gz" else content


def _rows(folder: Path, pattern: str) -> list[Row]:
    paths = sorted(folder.glob(pattern))
    return [row for path in paths for row in csv.DictReader(_content(path).decode().splitlines())]


@pytest.fixture(scope="module")
def orders() -> list[Row]:
    return _rows(SAMPLE, "orders/*.csv.gz")


@pytest.fixture(scope="module")
def events() -> list[Row]:
    return _rows(SAMPLE, "events/*.csv.gz")


@pytest.fixture(scope="module")
def catalogue() -> list[Row]:
    return _rows(SAMPLE, "catalogue.csv")


@pytest.fixture(scope="session")
def online_retail(shared_data: Path) -> Path:
    return shared_data / "online_retail" / "online_retail.parquet"


def test_the_sample_is_under_three_megabytes() -> None:
    size = sum(path.stat().st_size for path in SAMPLE.rglob("*") if path.is_file())
    assert size < MAX_BYTES


@pytest.mark.parametrize(
    ("part", "pattern"),
    [
        ("orders", "orders/*.csv.gz"),
        ("catalogue", "catalogue.csv"),
        ("customers", "customers.csv"),
        ("events", "events/*.csv.gz"),
    ],
)
def test_the_readme_states_the_exact_sizes(part: str, pattern: str) -> None:
    paths = list(SAMPLE.glob(pattern))
    figures = (len(_rows(SAMPLE, pattern)), len(paths), sum(p.stat().st_size for p in paths))
    lines = (SAMPLE / "README.md").read_text(encoding="utf-8").splitlines()
    stated = next(line for line in lines if line.startswith(f"| `{part}"))
    assert [f"{figure:,}" for figure in figures] == [
        cell.strip() for cell in stated.split("|")[2:5]
    ]


def test_the_readme_names_source_licence_and_what_is_simulated() -> None:
    text = (SAMPLE / "README.md").read_text(encoding="utf-8")
    for phrase in ("CC BY 4.0", "Chen, D.", "10.24432/C5BW33", "Changes made", "simulated"):
        assert phrase in text


def test_each_daily_file_holds_the_rows_of_its_day() -> None:
    for folder, column in (("orders", "InvoiceDate"), ("events", "event_at")):
        for path in (SAMPLE / folder).glob("*.csv.gz"):
            day = path.name.removeprefix(f"{folder}_").removesuffix(".csv.gz")
            assert {day} == {row[column][:10] for row in _rows(path.parent, path.name)}


def test_the_quirks_of_the_source_are_in_the_slice(orders: list[Row]) -> None:
    codes = {row["StockCode"] for row in orders}
    line_counts = Counter(row["InvoiceNo"] for row in orders)
    copies = Counter(tuple(row.values()) for row in orders)
    assert any(row["InvoiceNo"].startswith("C") for row in orders)
    assert any(row["Quantity"].startswith("-") and row["UnitPrice"] == "0.0" for row in orders)
    assert any(row["CustomerID"] == "" for row in orders)
    assert {".0"} == {row["CustomerID"][-2:] for row in orders if row["CustomerID"]}
    assert codes >= {"POST", "DOT", "M", "BANK CHARGES"}
    assert {code.upper() for code in codes if code != code.upper()} & codes
    assert max(copies.values()) > 1
    assert max(line_counts.values()) > 500


def test_every_good_in_the_catalogue_has_a_category_and_its_product(catalogue: list[Row]) -> None:
    by_id = {row["item_id"]: row for row in catalogue}
    assert by_id["85123A"]["product_id"] == "85123"
    assert by_id["85123A"]["name"] == "WHITE HANGING HEART T-LIGHT HOLDER"
    assert by_id["85123A"]["category"] == "Light holders"
    assert all(row["department"] and row["category"] for row in catalogue)
    assert not {"POST", "DOT", "M"} & by_id.keys()
    assert len(by_id) == len(catalogue)


def test_events_are_about_items_of_the_catalogue_and_customers_of_the_orders(
    orders: list[Row], events: list[Row], catalogue: list[Row]
) -> None:
    item_ids = {row["item_id"] for row in catalogue}
    customer_ids = {row["CustomerID"] for row in orders}
    assert {row["item_id"] for row in events} <= item_ids
    assert {row["customer_id"] for row in events} <= customer_ids
    assert {row["event_type"] for row in events} == {"view", "cart", "purchase"}


def test_every_simulated_purchase_follows_a_view_in_its_session(events: list[Row]) -> None:
    # A session cut by the first midnight of the log may have lost its views.
    first_day = min(row["event_at"] for row in events)[:10]
    viewed = {(row["session_id"], row["item_id"]) for row in events if row["event_type"] == "view"}
    bought = {
        (row["session_id"], row["item_id"])
        for row in events
        if row["event_type"] == "purchase" and not row["event_at"].startswith(first_day)
    }
    assert bought <= viewed


def test_simulated_purchases_are_orders_that_really_happened(
    orders: list[Row], events: list[Row]
) -> None:
    sold = {(r["CustomerID"], r["InvoiceDate"], r["StockCode"].upper()) for r in orders}
    purchases = [row for row in events if row["event_type"] == "purchase"]
    assert {(r["customer_id"], r["event_at"], r["item_id"]) for r in purchases} <= sold


def test_two_visitors_behave_like_machines(events: list[Row]) -> None:
    days = Counter((row["visitor_id"], row["event_at"][:10]) for row in events)
    assert [count for count in days.values() if count > 1000] == [1200]
    items = Counter(visitor for visitor, _ in {(r["visitor_id"], r["item_id"]) for r in events})
    assert 350 in items.values()


def test_order_lines_are_lines_of_the_source_and_customers_are_whole(
    orders: list[Row], online_retail: Path
) -> None:
    import pyarrow.parquet as pq

    columns = pq.ParquetFile(online_retail).read(columns=list(orders[0])).to_pydict()
    source = [
        tuple(value or "" for value in values)
        for values in zip(*columns.values(), strict=True)
        if "2011-09-01" <= values[4][:10] <= "2011-11-30"
    ]
    customer_ids = {row["CustomerID"] for row in orders} - {""}
    invoices = {row["InvoiceNo"] for row in orders}
    expected = [row for row in source if row[6] in customer_ids or row[0] in invoices]
    assert Counter(expected) == Counter(tuple(row.values()) for row in orders)


def test_the_script_makes_the_committed_files_again(online_retail: Path, tmp_path: Path) -> None:
    script = PROJECT / "scripts" / "make_sample.py"
    command = [sys.executable, str(script), str(online_retail), "--folder", str(tmp_path)]
    subprocess.run(command, check=True, capture_output=True)
    made = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*.csv*"))
    assert sorted(path.relative_to(SAMPLE) for path in SAMPLE.rglob("*.csv*")) == made
    for path in made:
        # Another zlib may compress the same bytes differently, so what is inside is compared.
        assert _content(SAMPLE / path) == _content(tmp_path / path)
        assert (tmp_path / path).read_bytes()[4:8] == b"\0\0\0\0" or path.suffix != ".gz"
