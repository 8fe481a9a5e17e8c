"""One SQL file is one table: find it, bind its values, build it."""

from collections.abc import Mapping
from importlib.resources import files

from pipeline.engine import Engine, Value


def sql_of(table: str) -> str:
    """Return the select statement that builds a table.

    Raises:
        FileNotFoundError: There is no `sql/<table>.sql`.
    """
    return files("pipeline.mining").joinpath("sql", f"{table}.sql").read_text(encoding="utf-8")


def build(engine: Engine, table: str, values: Mapping[str, Value], slices: int = 1) -> int:
    """Build a table from its SQL file and return its row count."""
    return engine.create_table(table, sql_of(table), values, slices)
