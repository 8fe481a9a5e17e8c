"""Between which values columns of whole numbers lie."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.io.duckdb_engine import DuckDBEngine


@dataclass(frozen=True)
class Bounds:
    """The smallest and the largest value of a column; None where it has no value.

    Attributes:
        is_text: Whether the column holds texts, which have no bounds.
        low: Smallest value.
        high: Largest value.
    """

    is_text: bool
    low: int | None = None
    high: int | None = None

    def are_within(self, low: int, end: int) -> bool:
        """Return whether the column holds whole numbers from `low` to below `end`, or nothing."""
        if self.is_text or self.low is None or self.high is None:
            return not self.is_text
        return low <= self.low and self.high < end


def bounds_of(engine: DuckDBEngine, table: str, columns: Sequence[str]) -> dict[str, Bounds]:
    """Return the bounds of columns of a table, in one pass: it may have been spilled."""
    is_text = {column: engine.type_of(table, column) == "VARCHAR" for column in columns}
    numbers = [column for column in columns if not is_text[column]]
    found = {column: Bounds(is_text=True) for column in columns}
    if numbers:
        sides = ", ".join(f"min({column}), max({column})" for column in numbers)
        [values] = engine.run(f"select {sides} from {table}")
        for place, column in enumerate(numbers):
            low, high = values[2 * place : 2 * place + 2]
            found[column] = Bounds(is_text=False, low=low, high=high)
    return found
