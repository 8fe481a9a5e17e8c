"""Mined tables drawn with the columns that matter, loaded as they are published."""

from dataclasses import replace
from typing import Any

import pyarrow as pa

from pipeline import names
from pipeline.io.write import ARROW_TYPES
from pipeline.serving.setting import Setting
from tests.shops import shop_engine
from tests.tables import Cell, drawn

_BLANKS: dict[str, Any] = {"string": "", "list<string>": [], "int64": 0, "float64": 0.0,
                           "boolean": False, "timestamp": 0}  # fmt: skip


def with_tables(setting: Setting, **tables: str) -> Setting:
    """Return a setting that is given drawn tables; further ones than it was given before.

    A list is drawn as `A+B`. Columns that are not drawn are NULL where they may be, else blank.
    """
    for name, text in tables.items():
        load_published(name, drawn(text))
    return replace(setting, given=setting.given | set(tables))


def load_published(name: str, rows: list[dict[str, Cell]]) -> None:
    """Load rows of a table with all of its published columns."""
    columns = {
        column.name: pa.array([_value(column, row) for row in rows], ARROW_TYPES[column.type])
        for column in names.TABLES[name].columns
    }
    unknown = {one for row in rows for one in row} - set(columns)
    assert not unknown, f"{name} has no {unknown}"
    shop_engine().load(name, pa.table(columns))


def _value(column: names.Column, row: dict[str, Cell]) -> Any:
    cell = row.get(column.name)
    if cell is None:
        return None if column.is_nullable else _BLANKS[column.type]
    if column.type == "list<string>":
        return cell.split("+")
    if column.type == "boolean":
        return cell == "yes"
    return {"int64": int, "float64": float}.get(column.type, str)(cell)
