"""The engine on DuckDB: embedded, one process, bounded memory, no network."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from pipeline.engine import Pieces, Step, Value
from pipeline.errors import DataError, StorageError
from pipeline.io.memory_share import bytes_of, left_to_arrays

BATCH_ROWS = 122_880
_NAME = re.compile(r"\$([a-z_]+)")
_FLUSHES = {
    "allocator_flush_threshold": "16MB",
    "allocator_bulk_deallocation_flush_threshold": "64MB",
}
"""How much freed memory the database keeps at most, for each thread and of dropped tables."""
_LEAST_SHARE = 10**8
_LEAST_PART = 4
"""Working in less than this part of its share, the database would do little but read and write."""


class FileError(StorageError):
    """The database could not read or write a file."""


# What reading a file that is not as expected can raise.
QUERY_ERRORS = (duckdb.Error, FileError)


class DuckDBEngine:
    """Tables in an in-memory database that spills to disk beyond its memory limit.

    Args:
        threads: Threads; 0 takes every core.
        memory_limit: Such as `4GB`; None takes half of the machine's memory.
        spill_path: Folder for what does not fit in memory; None forbids spilling.
        readable: Folders and files that may be read; None leaves file access open (tests).

    Attributes:
        steps: Every table built by `create_table`, in order.
    """

    def __init__(
        self,
        threads: int = 0,
        memory_limit: str | None = None,
        spill_path: Path | None = None,
        readable: Sequence[Path] | None = None,
    ) -> None:
        self.steps: list[Step] = []
        self._promised: dict[str, tuple[int, Callable[[], Iterator[pa.Table]]]] = {}
        self._deferred: dict[str, tuple[Step, Pieces]] = {}
        settings: dict[str, Any] = {
            "autoload_known_extensions": False,
            "autoinstall_known_extensions": False,
            "allow_community_extensions": False,
            "allow_unsigned_extensions": False,
            "allow_persistent_secrets": False,
            # A table that is not there must not be looked for among Python's variables.
            "python_enable_replacements": False,
            "temp_directory": str(spill_path or ""),
            "memory_limit": memory_limit or "50%",
            # Groups by an item's code, below 2 to this power, are counted in an array.
            "perfect_ht_threshold": 18,
        }
        if threads:
            settings["threads"] = threads
        if memory_limit:
            settings |= _FLUSHES
        self._limit = bytes_of(memory_limit) if memory_limit else None
        self._connection = duckdb.connect(":memory:", config=settings)
        self._connection.execute("set timezone = 'UTC'")
        # Row order never decides a result, and keeping it costs memory.
        self._connection.execute("set preserve_insertion_order = false")
        if readable is not None:
            self._lock_down([*readable, *([spill_path] if spill_path else [])])

    def _lock_down(self, paths: Sequence[Path]) -> None:
        folders = [f"{path}/" for path in paths if path.is_dir()]
        files = [str(path) for path in paths if not path.is_dir()]
        self._connection.execute("set allowed_directories = $paths", {"paths": folders})
        self._connection.execute("set allowed_paths = $paths", {"paths": files})
        # Cannot be switched on again in this process.
        self._connection.execute("set enable_external_access = false")
        allowed = ["preserve_insertion_order", "memory_limit"]
        self._connection.execute("set allowed_configs = $allowed", {"allowed": allowed})
        self._connection.execute("set lock_configuration = true")

    def create_table(
        self, table: str, sql: str, values: Mapping[str, Value], slices: int = 1
    ) -> int:
        """Build a table from one select statement; see `pipeline.engine.Engine`."""
        bound = {**values, "slices": slices}
        self.run(f"create or replace table {table} as {sql}", {**bound, "slice": 0})
        for number in range(1, slices):
            self.run(f"insert into {table} {sql}", {**bound, "slice": number})
        self._give_back()
        rows = self.count(table)
        self.steps.append(Step(table, sql, _named(sql, values), slices, rows))
        return rows

    def run(self, sql: str, values: Mapping[str, Value] | None = None) -> list[tuple[Any, ...]]:
        """Execute one statement with the values that it names and return its rows.

        Raises:
            StorageError: The disk is full, or memory and spill space are used up.
        """
        with _storage_errors():
            return self._connection.execute(sql, _named(sql, values or {})).fetchall()

    def read(self, sql: str, name: str) -> list[tuple[Any, ...]]:
        """Execute a statement that reads a file, named `name` in messages; return its rows.

        Raises:
            DataError: The file is not what its name says.
        """
        try:
            return self.run(sql)
        except QUERY_ERRORS as error:
            message = f"{name}: cannot be read ({str(error).splitlines()[0]})"
            raise DataError(message) from error

    @property
    def is_broken(self) -> bool:
        """Whether the database gave itself up: on a file damaged in a way it does not expect."""
        try:
            self._connection.execute("select 1").fetchall()
        except duckdb.FatalException:
            return True
        return False

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Inside, an exception undoes all changes."""
        self.run("begin transaction")
        try:
            yield
        except BaseException:
            with suppress(duckdb.FatalException):  # nothing is left to roll back
                self.run("rollback")
            raise
        self.run("commit")

    def rename(self, table: str, name: str) -> None:
        """Give a table a new name, replacing one of that name; see `pipeline.engine.Engine`."""
        self.drop(name)
        self.run(f"alter table {table} rename to {name}")

    def count(self, table: str) -> int:
        """Return the number of rows of a table."""
        if table in self._promised:
            return self._promised[table][0]
        if table in self._deferred:
            return self._deferred[table][1].count
        return int(self.run(f"select count(*) from {table}")[0][0])

    def defer(self, table: str, sql: str, values: Mapping[str, Value], pieces: Pieces) -> int:
        """Promise a table that is built when it is written; see `pipeline.engine.Engine`."""
        step = Step(table, sql, _named(sql, values), 1, pieces.count)
        self._deferred[table] = step, pieces
        self.steps.append(step)
        return pieces.count

    def promise(self, table: str, rows: Callable[[], Iterator[pa.Table]], count: int) -> int:
        """Promise a table whose rows come as they are; see `pipeline.engine.Engine`."""
        self._promised[table] = count, rows
        return count

    def hold(self, table: str) -> None:
        """Build a promised table as a whole, for statements that look at all of its rows."""
        if table in self._promised:
            _, rows_of = self._promised.pop(table)
            self.load(table, pa.concat_tables(rows_of()))
        if table not in self._deferred:
            return
        step, pieces = self._deferred.pop(table)
        self.drop(table)
        for rows in pieces.rows():
            self.load(pieces.source, rows)
            into = f"insert into {table}" if self.has(table) else f"create table {table} as"
            self.run(f"{into} {step.sql}", step.values)
            self.drop(pieces.source)

    def in_order(self, table: str, columns: Sequence[str], order: str) -> Iterator[pa.RecordBatch]:
        """Yield columns of a table in an order, in batches; see `pipeline.engine.Engine`."""
        if table in self._promised:
            for piece in self._promised[table][1]():
                yield from piece.select(list(columns)).to_batches()
            return
        sql = f"select {', '.join(columns)} from {table} order by {order}"
        if table not in self._deferred:
            yield from self.batches(sql)
            return
        step, pieces = self._deferred[table]
        for rows in pieces.rows():
            self.load(pieces.source, rows)
            self.run(f"create or replace table {table} as {step.sql}", step.values)
            self.drop(pieces.source)
            yield from self.batches(sql)

    def load(self, table: str, rows: pa.Table) -> int:
        """Build a table from Arrow data and return its row count."""
        self._connection.register("loaded_rows", rows)
        self.run(f"create or replace table {table} as select * from loaded_rows")
        self._connection.unregister("loaded_rows")
        return int(rows.num_rows)

    def has(self, table: str) -> bool:
        """Return whether a table of that name was built."""
        found = self.run(
            "select count(*) from information_schema.tables where table_name = $name",
            {"name": table},
        )
        return bool(found[0][0])

    def type_of(self, table: str, column: str) -> str | None:
        """Return the type of a column, or None where the table does not have it."""
        found = self.run(
            "select data_type from information_schema.columns "
            "where table_name = $name and column_name = $column",
            {"name": table, "column": column},
        )
        return str(found[0][0]) if found else None

    def append(self, table: str, rows: pa.Table) -> None:
        """Add Arrow data to a table of the same columns."""
        self._connection.register("appended_rows", rows)
        self.run(f"insert into {table} select * from appended_rows")
        self._connection.unregister("appended_rows")

    @contextmanager
    def lent(self, table: str, rows: pa.Table) -> Iterator[None]:
        """Inside, statements read Arrow data as a table without copying it."""
        self._connection.register(table, rows)
        try:
            yield
        finally:
            self._connection.unregister(table)

    @contextmanager
    def in_file_order(self) -> Iterator[None]:
        """Inside, `row_number() over ()` counts the rows of a file in their order."""
        self.run("set preserve_insertion_order = true")
        try:
            yield
        finally:
            self.run("set preserve_insertion_order = false")

    @contextmanager
    def room(self, size: int) -> Iterator[None]:
        """Inside, the database leaves memory to arrays; see `pipeline.engine.Engine`."""
        whole = self._limit
        if whole is None:
            yield
            return
        wanted = whole - max(0, size - left_to_arrays(whole))
        self._set_limit(max(wanted, whole // _LEAST_PART, min(whole, _LEAST_SHARE)))
        try:
            yield
        finally:
            self._set_limit(whole)

    def _set_limit(self, size: int) -> None:
        # Whenever it is set, even to what it was, the database gives back what it has freed. What
        # cannot be spilled stays in memory, and the limit where it was.
        with suppress(StorageError):
            self.run(f"set memory_limit = '{size}B'")
            self._limit = size

    def fetch(self, table: str) -> pa.Table:
        """Return a table as Arrow data; its row order is not defined."""
        with _storage_errors():
            return self._connection.sql(f"select * from {table}").to_arrow_table()

    def batches(
        self, sql: str, values: Mapping[str, Value] | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a select statement in its order, in batches."""
        named = _named(sql, values or {}) or None
        with _storage_errors():
            yield from self._connection.sql(sql, params=named).to_arrow_reader(BATCH_ROWS)

    def drop(self, *tables: str) -> None:
        """Forget tables that no later step needs."""
        for table in tables:
            self._promised.pop(table, None)
            self._deferred.pop(table, None)
            self.run(f"drop table if exists {table}")
        self._give_back()

    def _give_back(self) -> None:
        """Let memory that the database has freed and kept for later go back to the system."""
        if self._limit is not None:
            self._set_limit(self._limit)

    def close(self) -> None:
        """Release memory, threads and spill files."""
        self._connection.close()


def _named(sql: str, values: Mapping[str, Value]) -> dict[str, Value]:
    """Return the values that a statement names, in the order of their names."""
    return {name: values[name] for name in sorted(set(_NAME.findall(sql))) if name in values}


@contextmanager
def _storage_errors() -> Iterator[None]:
    """Turn what the database could not store or read into errors for the user."""
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise StorageError(_out_of_memory(error)) from error
    except duckdb.IOException as error:
        message = f"the database could not read or write: {error}"
        raise FileError(message) from error


def _out_of_memory(error: Exception) -> str:
    first_line = str(error).splitlines()[0]
    return (
        f"memory and spill space are used up: {first_line}; "
        "raise engine.memory_limit or give engine.spill_path more room"
    )
