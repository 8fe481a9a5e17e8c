"""Published tables for readers: one run, some of its rows, in the order that was asked for."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from pipeline import names
from pipeline.config.problems import suggestion
from pipeline.errors import UsageError
from pipeline.io.duckdb_engine import DuckDBEngine
from pipeline.io.headlines import HEADLINES
from pipeline.io.manifest import Manifest, read_manifest
from pipeline.io.runs import LATEST, resolve

if TYPE_CHECKING:
    from pipeline.engine import Value

ITEM_COLUMNS = ("item_id", "source_item_id", "target_item_id")
ITEMSET_COLUMNS = ("itemset", "antecedent", "consequent", "items")

"""Columns that are shown where nobody asked for all of them."""


@dataclass(frozen=True)
class Selection:
    """Which rows of a table, and in which order.

    Attributes:
        item: Only rows that hold this item (in `rfm_segments`: this customer).
        sort: Column to sort by, `column` or `column:desc`; None puts the best rows first.
        top: Number of rows; None takes all.
        columns: Columns; empty takes all.
    """

    item: str | None = None
    sort: str | None = None
    top: int | None = None
    columns: tuple[str, ...] = ()


class PublishedTable:
    """One table of a published run; made by `open_table`."""

    def __init__(self, table: names.Table, folder: Path, engine: DuckDBEngine) -> None:
        self.table = table
        self._folder = folder
        self._engine = engine
        self._files = {path.stem for path in folder.glob("*.parquet")}

    def check(self, selection: Selection) -> None:
        """Refuse a selection that does not fit the table.

        Raises:
            UsageError: The table has no such column, or nothing is known of the item.
        """
        for name in selection.columns:
            column_of(self.table, name)
        _order(self.table, selection.sort)
        if selection.item is not None:
            _check_has_items(self.table)
            if not self.count(selection.item):
                self._check_item(selection.item)

    def batches(self, selection: Selection) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a selection, in its order.

        Raises:
            UsageError: See `check`.
        """
        self.check(selection)
        columns = ", ".join(selection.columns or self.table.column_names)
        source = self._source(selection.item)
        limit = "" if selection.top is None else f" limit {selection.top:d}"
        sql = f"select {columns} {source} order by {_order(self.table, selection.sort)}{limit}"
        yield from self._engine.batches(sql, self._values(self.table.name, selection.item))

    def rows(self, selection: Selection) -> list[dict[str, Any]]:
        """Return the rows of a selection as dictionaries."""
        return [row for batch in self.batches(selection) for row in batch.to_pylist()]

    def count(self, item: str | None = None) -> int:
        """Return the number of rows, or of those that hold an item."""
        sql = f"select count(*) {self._source(item)}"
        return int(self._engine.run(sql, self._values(self.table.name, item))[0][0])

    def with_names(self, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Return the rows with the catalogue's name behind each item id."""
        known = self._names(sorted(set(_ids(rows))))
        return [{name: _named(name, cell, known) for name, cell in row.items()} for row in rows]

    def _source(self, item: str | None) -> str:
        where = "" if item is None else f" where {' or '.join(_conditions(self.table))}"
        return f"from read_parquet($path){where}"

    def _values(self, table: str, item: str | None = None) -> "dict[str, Value]":
        return {"path": str(self._folder / f"{table}.parquet"), "item": item}

    def _check_item(self, item: str) -> None:
        """Refuse an item that the run does not know at all, and name those spelled like it."""
        table, column = _all_ids(self.table, self._files)
        if not table:
            return
        found = self._engine.run(
            f"select known, known = $item from (select distinct {column} as known from "
            "read_parquet($path)) order by 2 desc, "
            "jaro_winkler_similarity(lower(known), lower($item)) desc, 1 limit 3",
            self._values(table, item),
        )
        if not any(is_same for _, is_same in found):
            near = ", ".join(known for known, _ in found)
            kind = column.removeprefix("source_").removesuffix("_id")
            message = f"no {kind} {item!r} in {table}; spelled most like it: {near or 'none'}"
            raise UsageError(message)

    def _names(self, ids: Sequence[str]) -> dict[str, str]:
        if not ids or "item_stats" not in self._files:
            return {}
        self._engine.load("shown_ids", pa.table({"item_id": pa.array(ids, pa.string())}))
        found = self._engine.run(
            "select item_id, name from read_parquet($path) inner join shown_ids using (item_id) "
            "where name is not null",
            self._values("item_stats"),
        )
        return dict(found)


@contextmanager
def open_table(output: Path, name: str, run: str = LATEST) -> Iterator[PublishedTable]:
    """Give a table of a run; every read stays in that run.

    Args:
        output: Folder that holds `runs/` and `latest`.
        name: The table.
        run: A run id, or `latest`.

    Raises:
        UsageError: There is no such table or run, or the run does not hold the table.
        StorageError: The run is damaged.
    """
    table = table_of(name)
    folder = resolve(output, run).resolve()
    manifest = read_manifest(folder)
    if table.name not in {entry.table for entry in manifest.tables}:
        raise UsageError(_why_missing(table.name, manifest))
    engine = DuckDBEngine(readable=[folder])
    try:
        yield PublishedTable(table, folder, engine)
    finally:
        engine.close()


def table_of(name: str) -> names.Table:
    """Return a table by its name.

    Raises:
        UsageError: There is none; the message names the nearest, or all.
    """
    if name not in names.TABLES:
        message = f"no table {name!r}; {suggestion(name, names.TABLES)}"
        raise UsageError(message)
    return names.TABLES[name]


def column_of(table: names.Table, name: str) -> str:
    """Return the name of a column that a table has.

    Raises:
        UsageError: It has none of that name; the message names the nearest, or all.
    """
    if name not in table.column_names:
        message = f"no column {name!r} in {table.name}; {suggestion(name, table.column_names)}"
        raise UsageError(message)
    return name


def headline(table: names.Table, sort: str | None) -> tuple[str, ...]:
    """Return the columns to show, with the one that the rows are sorted by."""
    columns = HEADLINES[table.name]
    by = sort.partition(":")[0] if sort else columns[0]
    return columns if by in columns else (*columns, column_of(table, by))


def _why_missing(name: str, manifest: Manifest) -> str:
    reason = manifest.not_possible.get(name)
    held = ", ".join(entry.table for entry in manifest.tables)
    if reason:
        return f"run {manifest.run_id} has no {name}: {reason}; it has {held}"
    return f"run {manifest.run_id} was not asked for {name}; it has {held}"


def _conditions(table: names.Table) -> list[str]:
    single = (*ITEM_COLUMNS, "customer_id")
    return [
        f"{name} = $item" if name in single else f"list_contains({name}, $item)"
        for name in table.column_names
        if name in (*single, *ITEMSET_COLUMNS)
    ]


def _check_has_items(table: names.Table) -> None:
    if not _conditions(table):
        known = ", ".join(name for name in names.TABLES if _conditions(names.TABLES[name]))
        message = f"{table.name} has no items to choose by; tables that have: {known}"
        raise UsageError(message)


def _all_ids(table: names.Table, files: set[str]) -> tuple[str, str]:
    """Return the table and column that hold every id there is; no table where none does."""
    if "customer_id" in table.column_names:
        return table.name, "customer_id"
    if table.has_own_ids:
        return table.name, "source_item_id"
    return ("item_stats" if "item_stats" in files else ""), "item_id"


def _order(table: names.Table, sort: str | None) -> str:
    if sort is None:
        return f"{table.best}, {table.sort}"
    name, _, direction = sort.partition(":")
    if direction not in {"", "asc", "desc"}:
        message = f"--sort {sort}: write {name}, {name}:asc or {name}:desc"
        raise UsageError(message)
    return f"{column_of(table, name)} {direction or 'asc'} nulls last, {table.sort}"


def _ids(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for row in rows:
        yield from (row[name] for name in ITEM_COLUMNS if row.get(name))
        for name in ITEMSET_COLUMNS:
            yield from row.get(name) or ()


def _named(column: str, cell: object, known: Mapping[str, str]) -> object:
    if column in ITEM_COLUMNS and isinstance(cell, str):
        return _with_name(cell, known)
    if column in ITEMSET_COLUMNS and isinstance(cell, list):
        return [_with_name(item, known) for item in cell]
    return cell


def _with_name(item: str, known: Mapping[str, str]) -> str:
    name = known.get(item, item)
    return item if name == item else f"{item} {name}"
