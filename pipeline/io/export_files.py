"""Read CSV files that other systems export: the wanted columns of many rows, as Arrow data."""

from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.config.source_options import Csv
from pipeline.errors import DataError
from pipeline.io.csv_lines import CsvLines
from pipeline.io.files import InputFile

_MAX_RECORD_LINES = 20


def read_export(file: InputFile, required: Sequence[str], optional: Sequence[str] = ()) -> pa.Table:
    """Return columns of a CSV file with a header: texts without blanks around them, and `line`.

    Args:
        file: A CSV file in UTF-8; columns that are not asked for are not read.
        required: Columns that must be there.
        optional: Columns that may be; '' where they are not.

    Raises:
        DataError: A column is missing or stands there twice, or a line is no record.
    """
    lines = CsvLines(file, Csv(), _MAX_RECORD_LINES)
    given, known = lines.names(), [*required, *optional]
    for name in known:
        if given.count(name) > 1 or (name in required and name not in given):
            what = "is missing" if name not in given else "stands there twice"
            message = f"{file.name}: column {name!r} {what}; it has: {', '.join(given)}"
            raise DataError(message)
    kinds = [*((name, pa.string()) for name in known), ("line", pa.int64())]
    schema = pa.schema(kinds)
    return pa.concat_tables([schema.empty_table(), *_parts(lines, given, schema, file.name)])


def _parts(
    lines: CsvLines, given: Sequence[str], schema: pa.Schema, file: str
) -> Iterator[pa.Table]:
    """Yield batch by batch the columns of a schema, whose last is the line."""
    wanted = [name for name in schema.names[:-1] if name in given]
    for batch in lines.batches([given.index(name) for name in wanted]):
        for bad in batch.rejected:
            message = f"{file}:{bad.line}: {bad.reason}; mend the line"
            raise DataError(message)
        found = batch.to_arrow(wanted)
        columns = [
            pc.utf8_trim_whitespace(pc.fill_null(found[name], ""))
            if name in given
            else pa.array([""] * len(batch.lines))
            for name in schema.names[:-1]
        ]
        yield pa.table([*columns, pa.array(batch.lines, pa.int64())], schema=schema)
