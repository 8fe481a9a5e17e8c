"""Fetch chosen lines of a file as they stand in it, for people who look why they were rejected."""

import json
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from pipeline.io.careful import text_of
from pipeline.io.parquet_input import open_parquet
from pipeline.io.streams import open_text

if TYPE_CHECKING:
    import pyarrow as pa

    from pipeline.io.files import InputFile


def text_lines(file: "InputFile", wanted: Collection[int]) -> Iterator[tuple[int, str]]:
    """Yield the wanted lines of a text file with their numbers, which start at 1."""
    with open_text(file) as stream:
        for number, raw in enumerate(stream, start=1):
            if number in wanted:
                yield number, text_of(raw)


def parquet_rows(file: "InputFile", wanted: Collection[int]) -> Iterator[tuple[int, str]]:
    """Yield the wanted rows of a Parquet file as JSON with their numbers, which start at 1."""
    first = 1
    with open_parquet(file) as parquet:
        for group in range(parquet.num_row_groups):
            end = first + parquet.metadata.row_group(group).num_rows
            numbers = sorted(number for number in wanted if first <= number < end)
            if numbers:
                rows = parquet.read_row_group(group).take([number - first for number in numbers])
                yield from zip(numbers, _as_json(rows), strict=True)
            first = end


def _as_json(rows: "pa.Table") -> Iterator[str]:
    texts = [_as_texts(column) for column in rows.columns]
    for values in zip(*texts, strict=True):
        row = dict(zip(rows.column_names, values, strict=True))
        yield json.dumps(row, ensure_ascii=False, separators=(",", ":"))


def _as_texts(column: "pa.ChunkedArray") -> list[str | None]:
    import pyarrow as pa

    try:
        # Not through Python's values: its calendar ends before that of a timestamp.
        return list(column.cast(pa.string()).to_pylist())
    except (pa.ArrowException, NotImplementedError):
        return [None if value is None else str(value) for value in column.to_pylist()]
