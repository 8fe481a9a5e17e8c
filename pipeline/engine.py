"""The one interface between the pipeline and a database."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa

Value = int | float | str | bool | None


@dataclass(frozen=True)
class Step:
    """One table that was built from a select statement.

    Attributes:
        table: Its name; several steps may build one of the same name.
        sql: The statement.
        values: The bound values that the statement names, `$slice` and `$slices` left out.
        slices: Number of times that the statement ran, for one slice each.
        rows: Its row count.
    """

    table: str
    sql: str
    values: Mapping[str, Value]
    slices: int
    rows: int


@dataclass(frozen=True)
class Pieces:
    """Rows that are too many to be held as a table: they are made when they are read.

    Attributes:
        source: The table that a piece is loaded as, for the select that reads it.
        rows: Gives the pieces, so that the select over them, one by one, gives its table in order.
        count: Number of rows of all pieces.
    """

    source: str
    rows: Callable[[], Iterator[pa.Table]]
    count: int


class Engine(Protocol):
    """Holds tables and builds new ones from one select statement each."""

    def create_table(
        self, table: str, sql: str, values: Mapping[str, Value], slices: int = 1
    ) -> int:
        """Build a table, replacing one of that name, and return its row count.

        Args:
            table: Name of the new table.
            sql: One select statement; `$name` marks a bound value.
            values: The bound values; those that the statement does not name are ignored.
            slices: Above 1 the statement runs once for each value of `$slice` in
                `0..slices-1`, bound together with `$slices`, and its rows are put together.
        """

    def load(self, table: str, rows: pa.Table) -> int:
        """Build a table from Arrow data, replacing one of that name, and return its row count."""

    def defer(self, table: str, sql: str, values: Mapping[str, Value], pieces: Pieces) -> int:
        """Promise a table that is built piece by piece when it is written; return its row count.

        Only `count`, `in_order` and `drop` know it.

        Args:
            table: Name of the table.
            sql: One select statement that reads one piece.
            values: Its bound values.
            pieces: The rows that the statement reads.
        """

    def promise(self, table: str, rows: Callable[[], Iterator[pa.Table]], count: int) -> int:
        """Promise a table whose rows come as they will be written; return its row count.

        Only `count`, `in_order` and `drop` know it.

        Args:
            table: Name of the table.
            rows: Gives its rows in their order, piece by piece.
            count: Number of rows.
        """

    def rename(self, table: str, name: str) -> None:
        """Give a table a new name, replacing one of that name."""

    def count(self, table: str) -> int:
        """Return the number of rows of a table."""

    def fetch(self, table: str) -> pa.Table:
        """Return a table as Arrow data; its row order is not defined."""

    def batches(
        self, sql: str, values: Mapping[str, Value] | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a select statement, its values bound, in its order, in batches."""

    def in_order(self, table: str, columns: Sequence[str], order: str) -> Iterator[pa.RecordBatch]:
        """Yield columns of a table or of a promised one, in batches.

        Args:
            table: Its name.
            columns: Columns to read.
            order: Order of the rows, as SQL.
        """

    def room(self, size: int) -> AbstractContextManager[None]:
        """Inside, the database takes less memory, as arrays of so many bytes lie beside it.

        It changes no result. Where the memory of a run is not bounded, it does nothing.
        """

    def drop(self, *tables: str) -> None:
        """Forget tables that no later step needs."""
