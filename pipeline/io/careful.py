"""What comes of text files that are read record by record (`csv_lines.py`, `json_lines.py`).

The database's reader is quick but gives up at (or, told to ignore errors, loses thousands of
lines behind) an unterminated quote. Files that it cannot read whole are read this way instead.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import itemgetter
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
        columns: Texts of each wanted field.
        lines: Number of the first line of each record.
        raws: Bytes of each record as it stands in the file.
        rejected: Lines that are no record.
        skipped: Header, blank and continuation lines by reason.
    """

    places: Sequence[int]
    columns: list[list[str | None]] = field(init=False)
    lines: list[int] = field(default_factory=list)
    raws: list[bytes] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    skipped: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.columns = [[] for _ in self.places]

    def add(self, line: int, raw: bytes, record: Sequence[str | None]) -> None:
        """Add one record."""
        self.extend(line, [raw], [record])

    def extend(
        self, first: int, raws: Sequence[bytes], records: Sequence[Sequence[str | None]]
    ) -> None:
        """Add records of which each starts on the line behind the last one, from `first` on."""
        # By column at once: a list a record would keep the garbage collector busy.
        for place, column in zip(self.places, self.columns, strict=True):
            column.extend(map(itemgetter(place), records))
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

        arrays = [pa.array(column, pa.string()) for column in self.columns]
        return pa.table([*arrays, range(len(self.lines))], names=[*names, "record"])


def text_of(raw: bytes, encoding: str = "utf-8") -> str:
    """Return a line as text for people, without its end; what cannot be decoded is marked."""
    return raw.decode(encoding, "replace").rstrip("\r\n")
