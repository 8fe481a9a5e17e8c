"""Which items a condition holds for, where it does not look at the item of the page."""

from collections.abc import Iterator
from typing import Final, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.config.conditions import AllOf, Comparison, Condition, Not
from pipeline.mining.baskets import Bools, Floats
from pipeline.mining.item_groups import LEVELS
from pipeline.serving.columns import Column

_OF_TEXTS: Final = ("contains", "under")
_OF_VALUES: Final = ("is", "is_not", "one_of", "none_of", *_OF_TEXTS)


class ByName(Protocol):
    """Columns by their name."""

    def __getitem__(self, name: str, /) -> Column:
        """Return a column."""


def holds(condition: Condition, columns: ByName, count: int) -> Bools:
    """Return whether a condition holds, for each item.

    What is missing makes every comparison but `missing` false, and its `not` true.

    Args:
        condition: Nothing in it compares with the item of the page.
        columns: The items' values.
        count: Number of items.
    """
    if isinstance(condition, Comparison):
        return _compares(condition, columns[condition.column])
    if isinstance(condition, Not):
        return ~holds(condition.part, columns, count)
    join = np.logical_and if isinstance(condition, AllOf) else np.logical_or
    found = np.full(count, isinstance(condition, AllOf))
    for part in condition.parts:
        found = join(found, holds(part, columns, count))
    return found


def absent_values(comparison: Comparison, column: Column) -> Iterator[str]:
    """Yield the texts of a comparison that no item has."""
    if column.texts is None or comparison.operator not in _OF_VALUES:
        return
    given = comparison.value
    for value in given if isinstance(given, tuple) else (given,):
        operator = comparison.operator if comparison.operator in _OF_TEXTS else "is"
        if not _has(column, operator, value).any():
            yield f"{value:g}" if isinstance(value, float) else str(value)


def _compares(comparison: Comparison, column: Column) -> Bools:
    operator, value = comparison.operator, comparison.value
    if operator == "missing":
        return ~column.is_known if value else column.is_known
    if operator in {"above", "at_least", "below", "at_most"}:
        return _bounded(column.numbers, operator, float(value))  # type: ignore[arg-type]
    if operator in _OF_TEXTS:
        return _has(column, operator, str(value))
    found = np.zeros(len(column.ranks), np.bool_)
    for one in value if isinstance(value, tuple) else (value,):
        found |= _has(column, "is", one)
    return found if operator in {"is", "one_of"} else column.is_known & ~found


def _bounded(numbers: Floats, operator: str, bound: float) -> Bools:
    if operator == "above":
        return numbers > bound
    if operator == "at_least":
        return numbers >= bound
    return numbers < bound if operator == "below" else numbers <= bound


def _has(column: Column, operator: str, value: str | float) -> Bools:
    """Return whether each item's value is, contains or lies under another."""
    if column.texts is None or column.codes is None or not isinstance(value, str):
        return np.asarray(column.numbers == value)
    if operator == "contains":
        flags = pc.match_substring(column.texts, value, ignore_case=True)
    else:
        flags = pc.equal(column.texts, pa.scalar(value, pa.string()))
    if operator == "under":
        flags = pc.or_(flags, pc.starts_with(column.texts, value + LEVELS))
    of_texts = np.append(flags.to_numpy(zero_copy_only=False).astype(np.bool_), False)
    return np.asarray(of_texts[column.codes])
