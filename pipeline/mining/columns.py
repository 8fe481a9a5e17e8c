"""Rows of a select as flat arrays."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from pipeline.engine import Engine, Value


def read_columns(
    engine: Engine, sql: str, kinds: Mapping[str, str], values: Mapping[str, Value] | None = None
) -> tuple[Any, ...]:
    """Return columns of a select, each as an array of its own kind.

    Narrow kinds narrow each batch as it comes, so that the rows are never held twice.

    Args:
        engine: Holds the tables.
        sql: One select; its order is kept.
        kinds: Columns to return, none with a NULL, and the numpy type of each.
        values: Bound values that the select names.
    """
    pieces: dict[str, list[Any]] = {name: [np.empty(0, kind)] for name, kind in kinds.items()}
    for batch in engine.batches(sql, values):
        for name, kind in kinds.items():
            pieces[name].append(batch[name].to_numpy().astype(kind, copy=False))
    return tuple(np.concatenate(pieces.pop(name)) for name in kinds)
