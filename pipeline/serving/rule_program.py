"""Conditions that compare with the item of the page, as the steps of the kernel."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from pipeline.config.conditions import AnyOf, Comparison, Condition, Not, comparisons
from pipeline.mining.baskets import Bools, Floats, Int32s, Int64s
from pipeline.serving.columns import Columns
from pipeline.serving.conditions import holds

Bytes = npt.NDArray[np.uint8]
SAME: Final = "same_as_source"


def looks_at_source(condition: Condition) -> bool:
    """Return whether a condition compares with the item of the page."""
    return any(one.is_beside_source for one in comparisons(condition))


@dataclass
class Program:
    """Conditions as the steps of the kernel.

    Attributes:
        of: The items' values.
        item_count: Number of items.
        steps: What to do, and the row of `columns` or `masks` to do it with.
        factors: What the source's value is multiplied by, for each step.
        columns: Values that are compared.
        masks: What holds for an item whatever the page.
    """

    of: Columns
    item_count: int
    steps: list[tuple[int, int]] = field(default_factory=list)
    factors: list[float] = field(default_factory=list)
    columns: list[Floats] = field(default_factory=list)
    masks: list[Bools] = field(default_factory=list)

    def require(self, condition: Condition) -> None:
        """Append a condition; it has to hold like those before it."""
        from pipeline.mining.kernels.eligible_targets import AND

        is_first = not self.steps
        self._write(condition)
        if not is_first:
            self._step(AND)

    def of_sources(self, sources: Int64s) -> Floats:
        """Return the values of sources, by source and column."""
        found = np.empty((len(sources), len(self.columns)))
        for place, values in enumerate(self.columns):
            found[:, place] = values[sources]
        return found

    def of_targets(self, targets: Int32s) -> tuple[Int64s, Floats, Floats, Bytes]:
        """Return the condition as the kernel takes it, for targets in their order."""
        values = np.empty((len(self.columns), len(targets)))
        masks = np.empty((len(self.masks), len(targets)), np.uint8)
        for place, of_items in enumerate(self.columns):
            values[place] = of_items[targets]
        for place, holds_for in enumerate(self.masks):
            masks[place] = holds_for[targets]
        steps = np.array(self.steps, np.int64).reshape(-1, 2)
        return steps, np.array(self.factors, np.float64), values, masks

    def _write(self, condition: Condition) -> None:
        from pipeline.mining.kernels.eligible_targets import AND, MASK, NOT, OR

        if not looks_at_source(condition):
            self._step(MASK, len(self.masks))
            self.masks.append(holds(condition, self.of, self.item_count))
        elif isinstance(condition, Comparison):
            self._compare(condition)
        elif isinstance(condition, Not):
            self._write(condition.part)
            self._step(NOT)
        else:
            for number, part in enumerate(condition.parts):
                self._write(part)
                if number:
                    self._step(OR if isinstance(condition, AnyOf) else AND)

    def _compare(self, comparison: Comparison) -> None:
        values = compared_values(comparison, self.of)
        place = next((at for at, one in enumerate(self.columns) if one is values), None)
        if place is None:
            place = len(self.columns)
            self.columns.append(values)
        factor = 1.0 if isinstance(comparison.value, bool) else float(str(comparison.value))
        self._step(_operations()[comparison.operator], place, factor)

    def _step(self, operation: int, place: int = 0, factor: float = 1.0) -> None:
        self.steps.append((operation, place))
        self.factors.append(factor)


def _operations() -> dict[str, int]:
    from pipeline.mining.kernels import eligible_targets as kernel

    return {
        SAME: kernel.SAME,
        "differs_from_source": kernel.DIFFERS,
        "above_of_source": kernel.ABOVE,
        "at_least_of_source": kernel.AT_LEAST,
        "below_of_source": kernel.BELOW,
        "at_most_of_source": kernel.AT_MOST,
    }


def compared_values(comparison: Comparison, columns: Columns) -> Floats:
    """Return what of a column is compared: places of values, or numbers."""
    column = columns[comparison.column]
    is_value = isinstance(comparison.value, bool)  # same or different, texts or numbers
    return column.ranks if is_value else column.numbers
