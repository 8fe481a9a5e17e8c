"""Audits: a staged file that breaks its definition is named, with column and rule."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.errors import AuditError
from pipeline.io.audit import audit_table
from pipeline.io.write import arrow_schema, write_table
from pipeline.names import (
    ALSO_BOUGHT,
    FREQUENT_ITEMSETS,
    ITEM_STATS,
    RFM_SEGMENTS,
    TABLES,
    VIEW_THEN_BOUGHT,
    Table,
)

AT = 1_291_795_200_000_000
VALUES = {"string": "x", "int64": 1, "float64": 1.0, "boolean": True, "timestamp": AT}


def row(table: Table, **changes: Any) -> dict[str, Any]:
    """One row that keeps every rule: all counts, ranks and measures are 1."""
    values = {column.name: VALUES.get(column.type, ["x"]) for column in table.columns}
    return {**values, **changes}


def staged(folder: Path, table: Table, rows: Sequence[dict[str, Any]]) -> Path:
    """Write a file without the checks of the writer."""
    path = folder / f"{table.name}.parquet"
    pq.write_table(pa.Table.from_pylist(list(rows), schema=arrow_schema(table)), path)
    return path


def audit(folder: Path, table: Table, *rows: dict[str, Any]) -> None:
    audit_table(table, staged(folder, table, rows), len(rows))


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES.keys())
def test_what_the_writer_writes_passes(tmp_path: Path, table: Table) -> None:
    typed = pa.RecordBatch.from_pylist([row(table)], schema=arrow_schema(table))
    batch = pa.record_batch(
        [
            column.cast(pa.int64()) if pa.types.is_timestamp(column.type) else column
            for column in typed.columns
        ],
        names=typed.schema.names,
    )
    path = tmp_path / "written.parquet"

    audit_table(table, path, write_table(table, iter([batch]), path))


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES.keys())
def test_a_table_of_no_rows_passes(tmp_path: Path, table: Table) -> None:
    audit(tmp_path, table)


@pytest.mark.parametrize(
    ("table", "changes", "problem"),
    [
        (ALSO_BOUGHT, {"joint_count": -1}, "joint_count is not between 0 and inf"),
        (ALSO_BOUGHT, {"support": 1.001}, "support is not between 0 and 1"),
        (ALSO_BOUGHT, {"lift": float("nan")}, "lift is not a finite number"),
        (ALSO_BOUGHT, {"conviction": float("inf")}, "conviction is not a finite number"),
        (ALSO_BOUGHT, {"joint_count": 2}, "joint_count above source_count"),
        (ALSO_BOUGHT, {"window_start": AT + 1}, "window_start above window_end"),
        (ALSO_BOUGHT, {"rank": 0}, "rank is not between 1 and inf"),
        (ALSO_BOUGHT, {"rank": 2}, "rank does not start at 1"),
        (VIEW_THEN_BOUGHT, {"pct_of_buyers": 100.1}, "pct_of_buyers is not between 0 and 100"),
        (VIEW_THEN_BOUGHT, {"n_buyers": 2}, "n_buyers above n_viewers"),
        (RFM_SEGMENTS, {"recency_score": 6}, "recency_score is not between 1 and 5"),
        (FREQUENT_ITEMSETS, {"item_count": 0}, "item_count is not between 1 and inf"),
    ],
)
def test_a_value_out_of_bounds_is_found(
    tmp_path: Path, table: Table, changes: dict[str, Any], problem: str
) -> None:
    with pytest.raises(AuditError, match=f"table {table.name} breaks .*: {problem}; not published"):
        audit(tmp_path, table, row(table, **changes))


def test_bounds_forgive_rounding_and_null(tmp_path: Path) -> None:
    changes = {"confidence_high": 1 + 1e-15, "conviction": None}

    audit(tmp_path, ALSO_BOUGHT, row(ALSO_BOUGHT, **changes))


def test_a_catalogue_may_say_that_stock_is_below_zero(tmp_path: Path) -> None:
    audit(tmp_path, ITEM_STATS, row(ITEM_STATS, stock=-3))


def test_a_repeated_key_is_found(tmp_path: Path) -> None:
    pair = {"source_item_id": "bread", "target_item_id": "milk"}
    rows = [row(ALSO_BOUGHT, **pair), row(ALSO_BOUGHT, rank=2, **pair)]

    with pytest.raises(AuditError, match=r"1 rows repeat the key \(source_item_id, target_item_id"):
        audit(tmp_path, ALSO_BOUGHT, *rows)


def test_a_key_is_the_whole_of_its_columns(tmp_path: Path) -> None:
    rows = [
        row(ALSO_BOUGHT, source_item_id="bread", target_item_id="milk", rank=1),
        row(ALSO_BOUGHT, source_item_id="bread", target_item_id="eggs", rank=2),
        row(ALSO_BOUGHT, source_item_id="milk", target_item_id="bread", rank=1),
    ]

    audit(tmp_path, ALSO_BOUGHT, *rows)


@pytest.mark.parametrize(
    ("left", "right"),
    [(["a", "b"], ["a,b"]), (["a"], ["a", "a"]), (["ab"], ["a", "b"]), ([], [""])],
)
def test_itemsets_that_look_alike_are_different_keys(
    tmp_path: Path, left: list[str], right: list[str]
) -> None:
    rows = [row(FREQUENT_ITEMSETS, itemset=itemset) for itemset in (left, right)]

    audit(tmp_path, FREQUENT_ITEMSETS, *rows)
    with pytest.raises(AuditError, match=r"1 rows repeat the key \(itemset\)"):
        audit(tmp_path, FREQUENT_ITEMSETS, *rows, rows[0])


def test_null_counts_as_a_value_of_a_key(tmp_path: Path) -> None:
    none = row(VIEW_THEN_BOUGHT, target_kind="none", target_item_id=None, rank=None)
    own = row(VIEW_THEN_BOUGHT, target_kind="own")

    audit(tmp_path, VIEW_THEN_BOUGHT, own, none)
    with pytest.raises(AuditError, match="1 rows repeat the key"):
        audit(tmp_path, VIEW_THEN_BOUGHT, own, none, none)


def test_a_rank_given_twice_is_found(tmp_path: Path) -> None:
    rows = [row(ALSO_BOUGHT, target_item_id=target) for target in ("eggs", "milk")]

    with pytest.raises(AuditError, match="a rank is given twice"):
        audit(tmp_path, ALSO_BOUGHT, *rows)


def test_a_lost_row_is_found(tmp_path: Path) -> None:
    path = staged(tmp_path, ITEM_STATS, [row(ITEM_STATS)])

    with pytest.raises(AuditError, match="1 rows, 2 were written"):
        audit_table(ITEM_STATS, path, 2)


def test_another_type_is_found(tmp_path: Path) -> None:
    schema = arrow_schema(ITEM_STATS)
    place = schema.get_field_index("order_count")
    narrow = schema.set(place, schema.field(place).with_type(pa.int32()))
    path = tmp_path / "item_stats.parquet"
    pq.write_table(pa.Table.from_pylist([row(ITEM_STATS)], schema=narrow), path)

    with pytest.raises(AuditError, match=": schema; not published"):
        audit_table(ITEM_STATS, path, 1)


def test_a_file_that_cannot_be_read_back_is_found(tmp_path: Path) -> None:
    path = tmp_path / "item_stats.parquet"
    path.write_bytes(b"PAR1 is not enough")

    with pytest.raises(AuditError, match="the file of table item_stats cannot be read back"):
        audit_table(ITEM_STATS, path, 0)


def test_rules_hold_across_row_groups(tmp_path: Path) -> None:
    rows = [row(ITEM_STATS, item_id=f"i{number % 5}") for number in range(6)]
    path = tmp_path / "item_stats.parquet"
    typed = pa.Table.from_pylist(rows, schema=arrow_schema(ITEM_STATS))
    pq.write_table(typed, path, row_group_size=2)

    with pytest.raises(AuditError, match=r"1 rows repeat the key \(item_id\)"):
        audit_table(ITEM_STATS, path, 6)
