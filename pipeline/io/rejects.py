"""Keep every line that could not be read, and stop where there are too many of them."""

from collections.abc import Sequence

import pyarrow as pa

from pipeline.errors import DataError
from pipeline.io.careful import Rejected
from pipeline.io.duckdb_engine import DuckDBEngine
from pipeline.io.masking import masked

SHOWN_REJECTS = 5
_SCHEMA = pa.schema(
    [
        ("source", pa.string()),
        ("file", pa.string()),
        ("line", pa.int64()),
        ("reason", pa.string()),
        ("raw_text", pa.string()),
    ]
)


class Rejects:
    """The lines of one source that go to the table `quarantine`.

    Args:
        engine: Where the table is.
        source: Name of the source.
        lines: Physical lines of all its files.
        max_share: Share of lines beyond which the run fails.
        is_masked: Whether letters and digits of the raw text are replaced.

    Attributes:
        count: Lines in quarantine.
    """

    def __init__(
        self,
        engine: DuckDBEngine,
        source: str,
        lines: int,
        max_share: float,
        *,
        is_masked: bool = True,
    ) -> None:
        self._engine, self._source, self._is_masked = engine, source, is_masked
        self._lines, self._max_share = lines, max_share
        self.count = 0
        if not engine.has("quarantine"):
            engine.load("quarantine", _SCHEMA.empty_table())

    @property
    def fetch_limit(self) -> int:
        """Rejects that are worth fetching: more than these fail the run whatever they are."""
        return int(self._max_share * self._lines) - self.count + SHOWN_REJECTS

    def add(self, file: str, rejected: Sequence[Rejected]) -> None:
        """Keep rejected lines of a file.

        Raises:
            DataError: They are too many already; what else the files hold is not looked at.
        """
        if not rejected:
            return
        rows = [
            (
                self._source,
                file,
                bad.line,
                bad.reason,
                masked(bad.raw) if self._is_masked else bad.raw,
            )
            for bad in rejected
        ]
        columns = [list(column) for column in zip(*rows, strict=True)]
        self._engine.append("quarantine", pa.table(columns, schema=_SCHEMA))
        self.count += len(rows)
        if self.count > self._max_share * self._lines:
            raise DataError(self._message(f"at least {self.count}", self._lines))

    def check(self, lines: int) -> None:
        """Compare the rejects with the lines that should have been records.

        Args:
            lines: Physical lines without headers, blank and continuation lines.

        Raises:
            DataError: Their share is larger than allowed.
        """
        if self.count > self._max_share * lines:
            raise DataError(self._message(str(self.count), lines))

    def _message(self, count: str, lines: int) -> str:
        first = self._engine.run(
            "select file, line, reason from quarantine where source = $source "
            "order by file, line limit $shown",
            {"source": self._source, "shown": SHOWN_REJECTS},
        )
        where = "; ".join(f"{file}:{line}: {reason}" for file, line, reason in first)
        return (
            f"{self._source}: {count} of {lines} lines are malformed, more than "
            f"input.max_reject_share ({self._max_share:g}) allows; the first: {where}; "
            "mend the files or the mapping"
        )
