"""What comes of text files that are read record by record (`csv_lines.py`, `json_lines.py`).

The database's reader is quick but gives up at (or, told to ignore errors, loses thousands of
lines behind) an unterminated quote. Files that it cannot read whole are read this way instead.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

BATCH_RECORDS = 100_000


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
        places: Where the wanted fields stand in a record.
        lines: Number of the first line of each record.
        raws: Bytes of each record as it stands in the file.
        rejected: Lines that are no record.
        skipped: Header, blank and continuation lines by reason.
    """

    places: Sequence[int]
    lines: list[int] = field(default_factory=list)
    raws: list[bytes] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    skipped: dict[str, int] = field(default_factory=dict)
    _parts: "list[pa.Table]" = field(default_factory=list)
    _records: list[Sequence[str | None]] = field(default_factory=list)

    def add(self, line: int, raw: bytes, record: Sequence[str | None]) -> None:
        """Add one record."""
        self._records.append(record)
        self.lines.append(line)
        self.raws.append(raw)

    def extend(self, first: int, raws: Sequence[bytes], fields: "pa.Table") -> None:
        """Add the wanted fields of records that take one line each, from line `first` on."""
        self._end_part()
        self._parts.append(fields)
        self.lines.extend(range(first, first + len(raws)))
        self.raws.extend(raws)

    def skip(self, reason: str, count: int = 1) -> None:
        """Count lines that hold no record of their own."""
        self.skipped[reason] = self.skipped.get(reason, 0) + count

    @property
    def is_full(self) -> bool:
        """Whether it is time for another batch."""
        return len(self.lines) + len(self.rejected) >= BATCH_RECORDS

    def to_arrow(self, names: Sequence[str]) -> "pa.Table":
        """Return the wanted fields under new names, with the `record`'s place in the batch."""
        import pyarrow as pa

        self._end_part()
        parts = [part.rename_columns(list(names)) for part in self._parts]
        types = pa.schema([(name, pa.string()) for name in names])
        fields = pa.concat_tables(parts) if parts else types.empty_table()
        return fields.append_column("record", pa.array(range(len(self.lines)), pa.int64()))

    def _end_part(self) -> None:
        """Turn the records that were added one by one into columns."""
        import pyarrow as pa

        if self._records:
            columns = [[record[place] for record in self._records] for place in self.places]
            arrays = [pa.array(column, pa.string()) for column in columns]
            self._parts.append(pa.table(arrays, names=[str(place) for place in self.places]))
            self._records = []


def text_of(raw: bytes, encoding: str = "utf-8") -> str:
    """Return a line as text for people, without its end; what cannot be decoded is marked."""
    return raw.decode(encoding, "replace").rstrip("\r\n")
