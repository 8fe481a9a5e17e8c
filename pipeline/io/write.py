"""Rows to a Parquet file with the exact schema of `names.py`.

The same rows in the same order give the same bytes, however the batches were cut.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.types as kinds

from pipeline import names
from pipeline.errors import AuditError
from pipeline.io.durable import storage_errors
from pipeline.names.schema import RULE_ID

ROW_GROUP_ROWS = 131_072

ARROW_TYPES: dict[names.ColumnType, pa.DataType] = {
    "string": pa.string(),
    "list<string>": pa.list_(pa.field("element", pa.string(), nullable=False)),
    "int64": pa.int64(),
    "float64": pa.float64(),
    "boolean": pa.bool_(),
    "timestamp": pa.timestamp("us", tz="UTC"),
}

_SOURCES: dict[str, tuple[Callable[[pa.DataType], bool], ...]] = {
    "string": (kinds.is_large_string, kinds.is_string_view),
    "int64": (kinds.is_integer, kinds.is_decimal),
    "double": (kinds.is_integer, kinds.is_decimal, kinds.is_floating),
}


def arrow_schema(table: names.Table) -> pa.Schema:
    """Return the exact schema of a published table; meanings, grain and key are its metadata."""
    fields = [
        pa.field(
            column.name,
            ARROW_TYPES[column.type],
            nullable=column.is_nullable,
            metadata={"meaning": column.meaning},
        )
        for column in table.columns
    ]
    metadata = {"table": table.name, "grain": table.grain, "key": ",".join(table.key)}
    return pa.schema(fields, metadata=metadata)


def write_table(table: names.Table, batches: Iterator[pa.RecordBatch], path: Path) -> int:
    """Write rows to a new Parquet file, make its content durable and return the row count.

    Args:
        table: The published table; batches have exactly its columns, in its order.
        batches: Rows in their final order. Integers of any width, decimals for measures, and
            int64 microseconds since 1970-01-01 UTC for timestamps are converted without loss.
        path: The new file.

    Raises:
        AuditError: A column is missing or surplus, holds NULL where it must not, or holds
            values that its type cannot.
        StorageError: The file cannot be written.
    """
    row_count = 0
    schema = arrow_schema(table)
    with storage_errors(path, f"write table {table.name}"), path.open("xb") as file:
        with closing(_writer(file, table, schema)) as writer:
            for rows in _row_groups(table, schema, batches):
                writer.write_table(rows, row_group_size=ROW_GROUP_ROWS)
                row_count += rows.num_rows
        file.flush()
        os.fsync(file.fileno())
    return row_count


def _writer(file: object, table: names.Table, schema: pa.Schema) -> pq.ParquetWriter:
    """Every choice that decides a byte is spelled out: defaults may change between versions.

    More compression than the least takes a sixth longer and saves one part in a hundred.
    """
    return pq.ParquetWriter(
        file,
        schema,
        version="2.6",
        data_page_version="1.0",
        data_page_size=1 << 20,
        compression="zstd",
        compression_level=1,
        use_dictionary=_repeating(table),
        write_statistics=True,
    )


def _repeating(table: names.Table) -> list[str]:
    """Return the columns, as Parquet calls them, in which values may repeat."""
    unique = {RULE_ID.name, *(table.key if len(table.key) == 1 else ())}
    lists = {column.name for column in table.columns if column.type == "list<string>"}
    return [
        f"{name}.list.element" if name in lists else name
        for name in table.column_names
        if name not in unique or name in lists
    ]


def _row_groups(
    table: names.Table, schema: pa.Schema, batches: Iterator[pa.RecordBatch]
) -> Iterator[pa.Table]:
    """Cut rows anew into groups of one size, each column in one piece.

    Parquet pages end where a piece ends, so pieces as they come would show in the bytes.
    """
    waiting: list[pa.Table] = []
    waiting_rows = 0
    for batch in batches:
        waiting.append(_conform(table, schema, batch))
        waiting_rows += batch.num_rows
        if waiting_rows < ROW_GROUP_ROWS:
            continue
        rows = pa.concat_tables(waiting)
        whole = waiting_rows - waiting_rows % ROW_GROUP_ROWS
        for start in range(0, whole, ROW_GROUP_ROWS):
            yield rows.slice(start, ROW_GROUP_ROWS).combine_chunks()
        waiting, waiting_rows = [rows.slice(whole)], waiting_rows - whole
    if waiting_rows:
        yield pa.concat_tables(waiting).combine_chunks()


def _conform(table: names.Table, schema: pa.Schema, batch: pa.RecordBatch) -> pa.Table:
    """Convert a batch to the schema, without losing anything."""
    if batch.schema.names != schema.names:
        message = (
            f"table {table.name} was computed with columns {batch.schema.names}; "
            f"names.py has {schema.names}"
        )
        raise AuditError(message)
    columns = [
        _converted(values, field, table.name)
        for values, field in zip(batch.columns, schema, strict=True)
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def _converted(values: pa.Array, field: pa.Field, table: str) -> pa.Array:
    where = f"column {field.name} of table {table}"
    if not _may_become(values.type, field.type):
        message = f"{where} was computed as {values.type}; names.py has {field.type}"
        raise AuditError(message)
    if _has_null(values, field):
        message = f"{where} holds NULL; names.py says that it never does"
        raise AuditError(message)
    try:
        return values.cast(field.type)
    except pa.ArrowInvalid as error:
        message = f"{where} holds a value that {field.type} cannot: {error}"
        raise AuditError(message) from error


def _has_null(values: pa.Array, field: pa.Field) -> bool:
    if values.null_count and not field.nullable:
        return True
    return kinds.is_list(field.type) and bool(values.flatten().null_count)


def _may_become(given: pa.DataType, wanted: pa.DataType) -> bool:
    """Tell whether a type may be converted; a cast alone would turn numbers into text."""
    if kinds.is_null(given) or given == wanted:
        return True
    if kinds.is_list(wanted):
        return kinds.is_list(given) and _may_become(given.value_type, wanted.value_type)
    if kinds.is_timestamp(wanted):
        return bool(given == pa.int64())
    return any(is_kind(given) for is_kind in _SOURCES.get(str(wanted), ()))
