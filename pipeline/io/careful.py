"""Read damaged text files line by line, so that one bad line costs one line.

The database's reader is quick but gives up at (or, told to ignore errors, loses thousands of
lines behind) an unterminated quote. Files that it cannot read whole come here instead.
"""

import csv
import json
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any

import pyarrow as pa

from pipeline.config.model import Csv
from pipeline.errors import DataError
from pipeline.io.files import InputFile, open_text

BATCH_RECORDS = 100_000
MAX_FIELD_CHARACTERS = 1 << 24
Texts = Sequence[str | None]


@dataclass(frozen=True)
class Rejected:
    """A physical line that is no record: its number from 1, the reason and its text."""

    line: int
    reason: str
    raw: str


@dataclass
class Batch:
    """Records read so far, and what became of the lines between them.

    Attributes:
        names: Column names.
        records: Texts of each record, in the order of `names`.
        lines: Number of the first line of each record.
        raws: Text of each record as it stands in the file.
        rejected: Lines that are no record.
        skipped: Header, blank and continuation lines by reason.
    """

    names: Sequence[str]
    records: list[Texts] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    raws: list[str] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    skipped: dict[str, int] = field(default_factory=dict)

    def add(self, line: int, raw: str, record: Texts) -> None:
        """Add one record."""
        self.records.append(record)
        self.lines.append(line)
        self.raws.append(raw)

    def skip(self, reason: str, count: int = 1) -> None:
        """Count lines that hold no record of their own."""
        if count:
            self.skipped[reason] = self.skipped.get(reason, 0) + count

    def to_arrow(self) -> pa.Table:
        """Return the records as text columns, with `line` and `raw_line`."""
        columns: list[Any] = list(zip(*self.records, strict=True)) or [()] * len(self.names)
        arrays = [pa.array(column, pa.string()) for column in columns]
        arrays += [pa.array(self.lines, pa.int64()), pa.array(self.raws, pa.string())]
        return pa.table(arrays, names=[*self.names, "line", "raw_line"])


class CsvLines:
    """Splits one CSV file into records.

    Args:
        file: The file.
        options: How it is written.
        max_record_lines: A record longer than this many lines is malformed.
    """

    def __init__(self, file: InputFile, options: Csv, max_record_lines: int) -> None:
        self._file, self._options, self._max_lines = file, options, max_record_lines
        csv.field_size_limit(MAX_FIELD_CHARACTERS)

    def names(self) -> list[str]:
        """Return the column names: those of the header, or the configured ones.

        Raises:
            DataError: The file is empty, or its header cannot be read.
        """
        if not self._options.header:
            return list(self._options.names)
        with open_text(self._file) as stream:
            first = stream.readline()
        try:
            names = [name.strip() for name in self._split(self._decode(first, is_first=True))]
        except (UnicodeDecodeError, csv.Error) as error:
            message = f"{self._file.name}: the header cannot be read ({error}); check csv.encoding and csv.delimiter"
            raise DataError(message) from error
        if not names:
            raise DataError(f"{self._file.name}: the file is empty; a header was expected")
        return names

    def batches(self) -> Iterator[Batch]:
        """Yield the records of the file in batches, with every line in between."""
        names = self.names()
        with open_text(self._file) as stream:
            lines = iter(enumerate(stream, start=1))
            batch = Batch(names)
            if self._options.header:
                next(lines)
                batch.skip("header")
            waiting: deque[tuple[int, bytes]] = deque()
            while True:
                following = waiting.popleft() if waiting else next(lines, None)
                if following is None:
                    break
                self._read_record(following, waiting, lines, batch)
                if len(batch.records) >= BATCH_RECORDS:
                    yield batch
                    batch = Batch(names)
            yield batch

    def _read_record(
        self,
        first: tuple[int, bytes],
        waiting: deque[tuple[int, bytes]],
        lines: Iterator[tuple[int, bytes]],
        batch: Batch,
    ) -> None:
        number, raw = first
        if not raw.strip():
            batch.skip("blank_line")
            return
        try:
            text = self._decode(raw, is_first=number == 1)
            extra = self._extra_lines(text, waiting, lines)
            record = self._split(text + "".join(extra))
            problem = self._problem(record, len(batch.names))
        except UnicodeDecodeError:
            text, problem = raw.decode("utf-8", "replace"), f"is not valid {self._options.encoding}"
        except csv.Error as error:
            problem = f"is not valid CSV: {error}"
        if problem:
            batch.rejected.append(Rejected(number, f"line {problem}", text.rstrip("\r\n")))
            return
        for _ in extra:
            waiting.popleft()
        batch.skip("continuation_line", len(extra))
        batch.add(number, (text + "".join(extra)).rstrip("\r\n"), [value or None for value in record])

    def _extra_lines(
        self, text: str, waiting: deque[tuple[int, bytes]], lines: Iterator[tuple[int, bytes]]
    ) -> list[str]:
        """Return the lines that close a quote left open, or none where none does so soon."""
        quote = self._options.quote
        if not quote or text.count(quote) % 2 == 0:
            return []
        waiting.extend(islice(lines, max(0, self._max_lines - 1 - len(waiting))))
        open_quotes, extra = 1, []
        for _, raw in waiting:
            extra.append(self._decode(raw))
            open_quotes += extra[-1].count(quote)
            if open_quotes % 2 == 0:
                return extra
        return []

    def _decode(self, raw: bytes, *, is_first: bool = False) -> str:
        text = raw.decode(self._options.encoding)
        return text.removeprefix("\ufeff") if is_first else text

    def _split(self, text: str) -> list[str]:
        if self._options.delimiter == "whitespace":
            return text.split()
        quote = self._options.quote
        reader = csv.reader(
            text.splitlines(keepends=True) if quote and text.count("\n") > 1 else [text.rstrip("\r\n")],
            delimiter=self._options.delimiter,
            quotechar=quote or None,
            quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
            strict=True,
        )
        return list(chain.from_iterable(reader))

    def _problem(self, record: Sequence[str], expected: int) -> str | None:
        if any("\0" in value for value in record):
            return "holds a NUL byte"
        if len(record) != expected:
            return f"has {len(record)} fields instead of {expected}"
        return None


class JsonLines:
    """Splits one file of JSON lines into records of the wanted columns."""

    def __init__(self, file: InputFile, names: Sequence[str]) -> None:
        self._file, self._names = file, names

    def batches(self) -> Iterator[Batch]:
        """Yield the records of the file in batches, with every line in between."""
        batch = Batch(self._names)
        with open_text(self._file) as stream:
            for number, raw in enumerate(stream, start=1):
                self._read_record(number, raw, batch)
                if len(batch.records) >= BATCH_RECORDS:
                    yield batch
                    batch = Batch(self._names)
        yield batch

    def _read_record(self, number: int, raw: bytes, batch: Batch) -> None:
        text = raw.decode("utf-8", "replace").rstrip("\r\n")
        if not text.strip():
            batch.skip("blank_line")
            return
        try:
            # Numbers stay the text that they are: 12.50 must not become 12.5.
            record = json.loads(raw, parse_float=str, parse_int=str)
        except ValueError:
            batch.rejected.append(Rejected(number, "line is not valid JSON", text))
            return
        if not isinstance(record, dict):
            batch.rejected.append(Rejected(number, "line is not a JSON object", text))
            return
        batch.add(number, text, [_text(record.get(name)) for name in self._names])


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value)
