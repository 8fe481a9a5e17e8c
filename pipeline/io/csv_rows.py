"""Rows of a published table as CSV."""

import csv
import json
from datetime import datetime
from typing import TextIO

from pipeline.io.show import PublishedTable, Selection

# What makes a spreadsheet take a text for a formula, the wide forms of its East Asian editions too.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def write_csv(
    table: PublishedTable, selection: Selection, stream: TextIO, *, is_guarded: bool = True
) -> int:
    """Write rows as CSV with a header and return their number.

    NULL is an empty field, a list is JSON, an instant is ISO 8601 in UTC, a number has all
    its digits.

    Args:
        table: The table.
        selection: Its rows; without columns, all of them.
        stream: Where to write.
        is_guarded: Whether an apostrophe goes before a text that a spreadsheet would run.
    """
    columns = selection.columns or table.table.column_names
    table.check(selection)
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    count = 0
    for batch in table.batches(selection):
        cells = zip(*(column.to_pylist() for column in batch.columns), strict=True)
        texts = ([_cell(value) for value in row] for row in cells)
        writer.writerows([_guarded(cell) for cell in row] if is_guarded else row for row in texts)
        count += batch.num_rows
    return count


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return value


def guarded_text(text: str) -> str:
    """Return a text with an apostrophe before it where a spreadsheet would run it as a formula."""
    return f"'{text}" if (text.lstrip(" ") or text).startswith(_FORMULA_STARTS) else text


def _guarded(cell: object) -> object:
    return guarded_text(cell) if isinstance(cell, str) else cell
