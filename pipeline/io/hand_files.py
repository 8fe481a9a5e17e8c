"""Read small CSV files that people keep by hand: every row with its line."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.config.source_options import Csv
from pipeline.errors import DataError
from pipeline.io.csv_lines import CsvLines
from pipeline.io.files import InputFile

_MAX_RECORD_LINES = 20


@dataclass(frozen=True)
class HandRow:
    """One row: its line in the file from 1, and its values by column; blank is ''."""

    line: int
    values: dict[str, str]

    def __getitem__(self, column: str) -> str:
        """Return the value of a column."""
        return self.values[column]


def read_hand_file(
    file: InputFile, required: Sequence[str], optional: Sequence[str] = ()
) -> list[HandRow]:
    """Return the rows of a CSV file with a header, in their order.

    Args:
        file: A CSV file in UTF-8.
        required: Columns that must be there.
        optional: Columns that may be; '' where they are not.

    Raises:
        DataError: A required column is missing, one is unknown, or a line is no record.
    """
    lines = CsvLines(file, Csv(), _MAX_RECORD_LINES)
    given = lines.names()
    known = [*required, *optional]
    _check_names(given, required, known, file.name)
    wanted = [name for name in known if name in given]
    rows: list[HandRow] = []
    for batch in lines.batches([given.index(name) for name in wanted]):
        for bad in batch.rejected:
            message = f"{file.name}:{bad.line}: {bad.reason}; mend the line"
            raise DataError(message)
        records = batch.to_arrow(wanted).to_pylist()
        rows += [
            HandRow(line, {name: (record.get(name) or "").strip() for name in known})
            for line, record in zip(batch.lines, records, strict=True)
        ]
    return rows


def _check_names(
    given: Sequence[str], required: Sequence[str], known: Sequence[str], file: str
) -> None:
    for name in required:
        if name not in given:
            message = f"{file}: column {name!r} is missing; it has: {', '.join(given)}"
            raise DataError(message)
    for name in given:
        if name not in known or given.count(name) > 1:
            why = "stands there twice" if name in known else "is not known"
            message = f"{file}: column {name!r} {why}; known are {', '.join(known)}"
            raise DataError(message)
