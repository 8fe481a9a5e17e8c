"""Split a CSV file into records, so that one bad line costs one line."""

import codecs
import csv
from collections import deque
from collections.abc import Iterator, Sequence
from io import StringIO
from typing import IO, TYPE_CHECKING

from pipeline.errors import DataError
from pipeline.io.careful import Batch, Rejected, text_of
from pipeline.io.plain_lines import PlainLines
from pipeline.io.quotes import without_blanks
from pipeline.io.streams import open_text

if TYPE_CHECKING:
    from pipeline.config.source_options import Csv
    from pipeline.io.files import InputFile

MAX_FIELD_CHARACTERS = 1 << 24
# Lines that are split together; one bad line makes so many be split one by one.
CHUNK_BYTES = 1 << 18
_BOM = codecs.BOM_UTF8


class CsvLines:
    """Splits one CSV file into records.

    Differences from the database's reader, on purpose: none where a file is well formed. Both
    take one empty field too many (a delimiter at the end of the line) and blanks around quotes.

    Args:
        file: The file.
        options: How it is written.
        max_record_lines: A record longer than this many lines is malformed.

    Raises:
        DataError: The encoding does not write line ends as ASCII does.
    """

    def __init__(self, file: "InputFile", options: "Csv", max_record_lines: int) -> None:
        self._file, self._options, self._max_lines = file, options, max_record_lines
        if "\n".encode(options.encoding) != b"\n":
            message = (
                f"{file.name}: csv.encoding {options.encoding} is not read line by line; "
                "convert the file to UTF-8"
            )
            raise DataError(message)
        csv.field_size_limit(MAX_FIELD_CHARACTERS)

    def names(self) -> list[str]:
        """Return the column names: those of the header, or the configured ones.

        Raises:
            DataError: The file is empty, or its header cannot be read.
        """
        if not self._options.header:
            return list(self._options.names)
        with open_text(self._file) as stream:
            first = stream.readline().removeprefix(_BOM)
        try:
            header = next(self._split(iter([first.decode(self._options.encoding)])), [])
        except (UnicodeDecodeError, csv.Error) as error:
            message = (
                f"{self._file.name}: the header cannot be read ({error}); "
                "check csv.encoding, csv.delimiter and the line ends"
            )
            raise DataError(message) from error
        names = [name.strip() for name in header]
        if not any(names):
            message = f"{self._file.name}: the first line is empty; a header was expected"
            raise DataError(message)
        return names

    def batches(self, places: Sequence[int]) -> Iterator[Batch]:
        """Yield the records of the file in batches, with every line in between.

        Args:
            places: Where the wanted fields stand in a record.
        """
        width = len(self.names())
        with open_text(self._file) as stream:
            feed = _Feed(stream, self._options.encoding, self._max_lines)
            batch = Batch(places)
            if self._options.header:
                feed.skip_line()
                batch.skip("header")
            records = self._split(feed)
            plain = PlainLines(self._options, width, places)
            while lines := feed.next_lines():
                if (fields := plain.read(lines)) is not None:
                    batch.extend(feed.number, lines, fields)
                    feed.pass_over(lines)
                else:
                    end = feed.number + len(lines)
                    while feed.number < end and self._read_record(records, feed, batch, width):
                        feed.end_record()
                if batch.is_full:
                    yield batch
                    batch = Batch(places)
            yield batch

    def _read_record(
        self, records: Iterator[list[str]], feed: "_Feed", batch: Batch, width: int
    ) -> bool:
        """Read the next record into the batch; False at the end of the file."""
        try:
            record = next(records, None)
        except UnicodeDecodeError:
            self._reject(feed, batch, f"is not valid {self._options.encoding}")
            return True
        except csv.Error as error:
            record = self._without_blanks(feed)
            if record is None:
                self._reject(feed, batch, f"is not valid CSV: {error}")
                return True
        if record is None:
            return False
        raw = feed.raw
        if len(record) == width + 1 and not record[-1]:
            record.pop()
        if len(record) < 2 and not raw.strip():  # noqa: PLR2004 - no field, or a blank one
            batch.skip("blank_line")
        elif len(record) != width:
            self._reject(feed, batch, f"has {len(record)} fields instead of {width}")
        elif b"\0" in raw:
            self._reject(feed, batch, "holds a NUL byte")
        else:
            batch.add(feed.number, raw, record)
            if feed.extra_lines:
                batch.skip("continuation_line", feed.extra_lines)
        return True

    def _without_blanks(self, feed: "_Feed") -> list[str] | None:
        """Return the current record, split without blanks behind quotes; None where none is."""
        delimiter, quote = self._options.delimiter, self._options.quote
        if not quote or delimiter in {" ", "whitespace"}:
            return None
        text = without_blanks(feed.raw.decode(self._options.encoding), delimiter, quote)
        try:
            records = list(self._split(StringIO(text, newline="\n")))
        except csv.Error:
            return None
        return records[0] if len(records) == 1 else None

    def _reject(self, feed: "_Feed", batch: Batch, problem: str) -> None:
        number, line = feed.give_back()
        raw = text_of(line, self._options.encoding)
        batch.rejected.append(Rejected(number, f"line {problem}", raw))

    def _split(self, lines: Iterator[str]) -> Iterator[list[str]]:
        if self._options.delimiter == "whitespace":
            return map(str.split, lines)
        quote = self._options.quote
        return csv.reader(
            lines,
            delimiter=self._options.delimiter,
            quotechar=quote or None,
            quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
            skipinitialspace=self._options.delimiter != " ",
            strict=True,
        )


class _Feed:
    """Hands lines to a splitter, one record's worth at most, and takes back what was no record.

    Attributes:
        number: Number of the first line of the current record, from 1.
    """

    def __init__(self, stream: IO[bytes], encoding: str, max_lines: int) -> None:
        self._stream, self._encoding, self._max_lines = stream, encoding, max_lines
        self._waiting: deque[bytes] = deque()
        self._taken: list[bytes] = []
        self.number = 1

    def __iter__(self) -> "_Feed":
        return self

    def __next__(self) -> str:
        if len(self._taken) == self._max_lines:
            raise StopIteration
        line = self._waiting.popleft() if self._waiting else next(self._stream)
        self._taken.append(line)
        return line.decode(self._encoding)

    @property
    def raw(self) -> bytes:
        """Bytes of the current record."""
        return self._taken[0] if len(self._taken) == 1 else b"".join(self._taken)

    @property
    def extra_lines(self) -> int:
        """Lines of the current record behind its first."""
        return len(self._taken) - 1

    def next_lines(self) -> list[bytes]:
        """Return some of the lines to come, which stay to come; none at the end of the file."""
        if not self._waiting:
            self._waiting.extend(self._stream.readlines(CHUNK_BYTES))
            if self.number == 1 and self._waiting:
                self._waiting[0] = self._waiting[0].removeprefix(_BOM)
        return list(self._waiting)

    def pass_over(self, lines: list[bytes]) -> None:
        """Let go of all lines that `next_lines` returned."""
        self._waiting.clear()
        self.number += len(lines)

    def skip_line(self) -> None:
        """Pass over the first line."""
        next(self._stream)
        self.number += 1

    def end_record(self) -> None:
        """Let go of the lines of the current record."""
        self.number += len(self._taken)
        self._taken.clear()

    def give_back(self) -> tuple[int, bytes]:
        """Return number and bytes of the current record's first line; the others are read again."""
        first, *others = self._taken
        self._waiting.extendleft(reversed(others))
        del self._taken[1:]
        return self.number, first
