"""The Parquet writer: exact types, and bytes that depend on the rows alone."""

import os
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.errors import AuditError, StorageError
from pipeline.io.duckdb_engine import DuckDBEngine
from pipeline.io.write import ROW_GROUP_ROWS, arrow_schema, write_table
from pipeline.names import TABLES, Column, Table

PURCHASES = Table(
    "purchases",
    "one row per purchase",
    ("purchase_id",),
    (
        Column("purchase_id", "string", "The purchase."),
        Column("items", "list<string>", "What was bought."),
        Column("quantity", "int64", "How much of it."),
        Column("amount", "float64", "What it cost.", is_nullable=True),
        Column("is_gift", "boolean", "True for a gift."),
        Column("bought_at", "timestamp", "When."),
    ),
    sort="purchase_id asc",
    best="amount desc",
)
AT = 1_291_795_200_000_000  # 2010-12-08 08:00 UTC


def row(**changes: Any) -> dict[str, Any]:
    values = {
        "purchase_id": pa.array(["p1"]),
        "items": pa.array([["bread", "milk"]]),
        "quantity": pa.array([2], pa.int32()),
        "amount": pa.array([Decimal("3.50")], pa.decimal128(18, 4)),
        "is_gift": pa.array([False]),
        "bought_at": pa.array([AT]),
    }
    return {**values, **changes}


def write(path: Path, *batches: dict[str, Any]) -> int:
    return write_table(PURCHASES, (pa.record_batch(batch) for batch in batches), path)


def many(count: int) -> pa.Table:
    """Rows with texts, lists of none to two items and NULLs."""
    numbers = np.arange(count)
    texts = pa.array(numbers).cast(pa.string())
    offsets = np.concatenate(([0], np.cumsum(numbers % 3))).astype(np.int32)
    elements = pa.array(np.arange(offsets[-1]) % 7).cast(pa.string())
    return pa.table(
        {
            "purchase_id": texts,
            "items": pa.ListArray.from_arrays(pa.array(offsets), elements),
            "quantity": numbers % 5,
            "amount": pa.array(numbers / 4, mask=numbers % 11 == 0),
            "is_gift": numbers % 2 == 0,
            "bought_at": AT + numbers,
        }
    )


def test_a_schema_says_exactly_what_names_says() -> None:
    element = pa.field("element", pa.string(), nullable=False)
    expected = pa.schema(
        [
            pa.field("purchase_id", pa.string(), nullable=False),
            pa.field("items", pa.list_(element), nullable=False),
            pa.field("quantity", pa.int64(), nullable=False),
            pa.field("amount", pa.float64(), nullable=True),
            pa.field("is_gift", pa.bool_(), nullable=False),
            pa.field("bought_at", pa.timestamp("us", tz="UTC"), nullable=False),
        ]
    )

    assert expected == arrow_schema(PURCHASES)


def test_every_column_carries_its_meaning_and_every_file_its_grain(tmp_path: Path) -> None:
    write(tmp_path / "purchases.parquet", row())
    schema = pq.read_schema(tmp_path / "purchases.parquet")

    assert {b"meaning": b"What it cost."} == schema.field("amount").metadata
    assert schema.metadata[b"grain"] == b"one row per purchase"
    assert schema.metadata[b"key"] == b"purchase_id"


def test_values_of_the_engine_become_those_of_the_schema(tmp_path: Path) -> None:
    assert write(tmp_path / "purchases.parquet", row()) == 1

    written = pq.read_table(tmp_path / "purchases.parquet")
    (found,) = written.to_pylist()
    assert [found["quantity"], found["amount"], found["items"]] == [2, 3.5, ["bread", "milk"]]
    assert found["bought_at"].isoformat() == "2010-12-08T08:00:00+00:00"
    assert written.schema.equals(arrow_schema(PURCHASES), check_metadata=True)


def test_what_the_engine_hands_over_can_be_written(tmp_path: Path) -> None:
    engine = DuckDBEngine(threads=1)
    sql = f"""
        select 'p1' as purchase_id, ['milk'] as items, 1::integer as quantity,
            1.25::decimal(18, 4) as amount, true as is_gift, {AT}::bigint as bought_at
    """
    path = tmp_path / "purchases.parquet"

    assert write_table(PURCHASES, engine.batches(sql), path) == 1
    assert pq.read_table(path).column("amount").to_pylist() == [1.25]


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES.keys())
def test_an_empty_result_is_a_typed_file_of_no_rows(tmp_path: Path, table: Table) -> None:
    path = tmp_path / f"{table.name}.parquet"

    assert write_table(table, iter(()), path) == 0
    assert pq.read_metadata(path).num_rows == 0
    assert pq.read_schema(path).equals(arrow_schema(table), check_metadata=True)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two full row groups and one row, written from one batch."""
    path = tmp_path_factory.mktemp("write") / "whole.parquet"
    write_table(PURCHASES, iter(many(2 * ROW_GROUP_ROWS + 1).to_batches()), path)
    return path


@pytest.mark.parametrize(
    ("batch_rows", "threads"), [(999, 1), (50_000, 4), (ROW_GROUP_ROWS, 2), (ROW_GROUP_ROWS + 1, 1)]
)
def test_the_bytes_do_not_depend_on_batches_and_threads(
    tmp_path: Path, whole: Path, batch_rows: int, threads: int
) -> None:
    batches = many(2 * ROW_GROUP_ROWS + 1).to_batches(max_chunksize=batch_rows)
    usual = pa.cpu_count()
    pa.set_cpu_count(threads)
    write_table(PURCHASES, iter(batches), tmp_path / "cut.parquet")
    pa.set_cpu_count(usual)

    assert whole.read_bytes() == (tmp_path / "cut.parquet").read_bytes()


def test_rows_stay_as_they_are_and_in_order(whole: Path) -> None:
    rows = many(2 * ROW_GROUP_ROWS + 1)
    written = pq.read_table(whole)

    assert pq.read_metadata(whole).num_row_groups == 3
    for column in ("purchase_id", "quantity", "amount", "is_gift"):
        assert rows[column].equals(written[column])
    assert rows["items"].to_pylist() == written["items"].to_pylist()


def test_empty_batches_leave_no_trace(tmp_path: Path) -> None:
    none = {name: values[:0] for name, values in row().items()}
    write(tmp_path / "plain.parquet", row())
    write(tmp_path / "mixed.parquet", none, row(), none)

    assert (tmp_path / "plain.parquet").read_bytes() == (tmp_path / "mixed.parquet").read_bytes()


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        (
            "purchase_id",
            pa.array([None], pa.string()),
            "column purchase_id of table .* holds NULL",
        ),
        ("items", pa.array([["milk", None]]), "column items of table purchases holds NULL"),
        ("quantity", pa.array([Decimal("1.5")]), "holds a value that int64 cannot"),
        ("quantity", pa.array([2**63], pa.uint64()), "holds a value that int64 cannot"),
        ("quantity", pa.array([1.0]), "was computed as double; names.py has int64"),
        ("amount", pa.array(["3.50"]), "was computed as string; names.py has double"),
        ("amount", pa.array([2**53 + 1]), "holds a value that double cannot"),
        ("purchase_id", pa.array([1]), "was computed as int64; names.py has string"),
        ("items", pa.array([[1]]), "was computed as list<item: int64>"),
        ("bought_at", pa.array([AT // 10**6], pa.int32()), "was computed as int32"),
        ("bought_at", pa.array([AT], pa.timestamp("us")), "was computed as timestamp"),
    ],
)
def test_a_value_that_does_not_fit_is_an_error(
    tmp_path: Path, column: str, values: pa.Array, message: str
) -> None:
    with pytest.raises(AuditError, match=message):
        write(tmp_path / "purchases.parquet", row(**{column: values}))


def test_columns_in_another_order_are_an_error(tmp_path: Path) -> None:
    swapped = dict(reversed(row().items()))

    with pytest.raises(AuditError, match=r"computed with columns \['bought_at', 'is_gift'"):
        write(tmp_path / "purchases.parquet", swapped)


def test_a_file_is_durable_when_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "purchases.parquet"
    synced: list[tuple[int, int]] = []
    sync = os.fsync

    def watched_sync(descriptor: int) -> None:
        synced.append((os.fstat(descriptor).st_ino, os.fstat(descriptor).st_size))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", watched_sync)
    write(path, row())

    assert synced == [(path.stat().st_ino, path.stat().st_size)]


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Let the system refuse to write files beyond a size."""
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, usual[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
        signal.signal(signal.SIGXFSZ, handler)


def test_a_write_that_the_system_refuses_is_said_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "purchases.parquet"
    rows = many(50_000)

    with largest_file(20_000), pytest.raises(StorageError) as caught:
        write_table(PURCHASES, iter(rows.to_batches()), path)

    assert str(caught.value).startswith("could not write table purchases: File too large: ")
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
