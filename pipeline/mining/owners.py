"""Count how many different orders, customers or visitors stand behind each item."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from pipeline.engine import Engine, Value
from pipeline.mining.baskets import is_first, packed
from pipeline.mining.columns import read_columns
from pipeline.mining.steps import sql_of


def load_owner_counts(
    engine: Engine, table: str, values: Mapping[str, Value], slices: int = 1
) -> int:
    """Build a table of items from the lines that its SQL file selects; return its row count.

    Grain in: one row per line, item_code and owner_code. Grain out: one row per item, with its
    lines (line_count) and their different owners (owner_count).

    Sorting packed keys takes a sixth of the time of grouping twice in SQL.

    Args:
        engine: Holds what the SQL file reads.
        table: Name of the table and of its SQL file.
        values: Bound values.
        slices: Number of parts, by item, that are counted one after the other.
    """
    parts = [
        _counted(engine, table, {**values, "slice": number, "slices": slices})
        for number in range(slices)
    ]
    return engine.load(table, pa.concat_tables(parts))


def _counted(engine: Engine, table: str, values: Mapping[str, Value]) -> pa.Table:
    kinds = {"item_code": "int32", "owner_code": "int64"}
    items, owners = read_columns(engine, sql_of(table), kinds, values)
    lines = np.bincount(items)
    width = max(1, len(lines))
    keys = packed(owners, items, width)
    del items, owners
    keys.sort()
    different = np.bincount(keys[is_first(keys)] % width, minlength=width)
    found = np.flatnonzero(lines)
    return pa.table(
        {"item_code": found, "line_count": lines[found], "owner_count": different[found]}
    )
