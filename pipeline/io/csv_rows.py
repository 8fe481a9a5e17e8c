"""Rows of a published table as CSV."""

import csv
import json
from datetime import datetime
from typing import TextIO

from pipeline.io.show import PublishedTable, Selection


def write_csv(table: PublishedTable, selection: Selection, stream: TextIO) -> int:
    """Write rows as CSV with a header and return their number.

    NULL is an empty field, a list is JSON, an instant is ISO 8601 in UTC, a number has all
    its digits.

    Args:
        table: The table.
        selection: Its rows; without columns, all of them.
        stream: Where to write.
    """
    columns = selection.columns or table.table.column_names
    table.check(selection)
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    count = 0
    for batch in table.batches(selection):
        cells = zip(*(column.to_pylist() for column in batch.columns), strict=True)
        writer.writerows([_cell(value) for value in row] for row in cells)
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
