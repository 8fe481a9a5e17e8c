"""Walk the ordered targets of a rule for every source: what the kernel needs for that."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from pipeline.config.conditions import Comparison
from pipeline.config.rule_file import Order
from pipeline.mining.baskets import Floats, Int32s, Int64s
from pipeline.serving.columns import Columns
from pipeline.serving.rule_program import Program

_LEAST: Final = ("above_of_source", "at_least_of_source")
_BLOCK_PLACES: Final = 1 << 22


@dataclass(frozen=True)
class Walk:
    """Which targets are walked for which sources.

    Attributes:
        sources: Items, each for all that the conditions cannot tell from it.
        ordered: Targets by group, and in the order of the rule.
        groups: Group of each item: sources have targets of their own.
        first_order: The first column of the order, where there is one.
        compared: Comparisons with the source that every target has to pass.
    """

    sources: Int64s
    ordered: Int32s
    groups: Int64s
    first_order: tuple[Order, ...]
    compared: list[Comparison]

    @property
    def spans(self) -> Int64s:
        """Begin and end of the targets of each source."""
        of_targets, of_sources = self.groups[self.ordered], self.groups[self.sources]
        spans = np.empty((len(of_sources), 2), np.int64)
        spans[:, 0] = np.searchsorted(of_targets, of_sources, "left")
        spans[:, 1] = np.searchsorted(of_targets, of_sources, "right")
        return spans

    def keys(self, columns: Columns) -> Floats:
        """Return what the targets of a group are ordered by first."""
        found = [keys_of(order, columns)[self.ordered] for order in self.first_order]
        return found[0] if found else np.zeros(len(self.ordered))

    def bounds(self, columns: Columns) -> Floats:
        """Return the smallest and largest key that targets of each source can have."""
        found = np.tile([-np.inf, np.inf], (len(self.sources), 1))
        for order in self.first_order:
            for low, high in self._limits(order, columns):
                found[:, 0] = np.maximum(found[:, 0], low)
                found[:, 1] = np.minimum(found[:, 1], high)
        return found

    def _limits(
        self, order: Order, columns: Columns
    ) -> Iterator[tuple[Floats | float, Floats | float]]:
        """Yield limits of keys, a little wider than the comparisons of the kernel."""
        from pipeline.mining.kernels.eligible_targets import SLACK

        numbers = columns[order.column]
        for part in self.compared:
            is_factor = not isinstance(part.value, bool)
            if part.column != order.column or numbers.texts is not None or not is_factor:
                continue
            bound = float(str(part.value)) * numbers.numbers[self.sources]
            slack = 2 * SLACK * np.abs(bound)
            key = -bound if order.is_falling else bound
            is_low = (part.operator in _LEAST) != order.is_falling
            yield (key - slack, np.inf) if is_low else (-np.inf, key + slack)


def keys_of(order: Order, columns: Columns) -> Floats:
    """Return what rises along an order, by item; what is missing comes last."""
    ranks = columns[order.column].ranks
    keys = -ranks if order.is_falling else ranks
    return np.where(np.isnan(keys), np.inf, keys)


def groups_of(columns: Sequence[Floats], item_count: int) -> Int64s:
    """Return the group of each item: alike in all columns; -1 where one is missing."""
    groups = alike(columns, np.arange(item_count))
    for values in columns:
        groups[np.isnan(values)] = -1
    return groups


def alike(columns: Sequence[Floats], items: Int64s) -> Int64s:
    """Return a number for each item, the same for items that are alike in all columns."""
    codes = np.zeros(len(items), np.int64)
    for values in columns:
        distinct, ranks = np.unique(values[items], return_inverse=True)
        _, codes = np.unique(codes * (len(distinct) + 1) + ranks, return_inverse=True)
    return codes


def walked(walk: Walk, program: Program, most: int) -> tuple[Int32s, Int64s]:
    """Return the targets of all sources, and where those of each end.

    Args:
        walk: Which targets are walked.
        program: Which of them are taken.
        most: At most so many for each source.
    """
    from pipeline.mining.kernels.eligible_targets import first_targets

    spans, bounds = walk.spans, walk.bounds(program.of)
    keys, steps = walk.keys(program.of), program.arrays()
    counts = np.zeros(len(walk.sources), np.int64)
    pieces = [np.zeros(0, np.int32)]
    block = max(1, _BLOCK_PLACES // most)
    for begin in range(0, len(counts), block):
        part = slice(begin, begin + block)
        sources = walk.sources[part].astype(np.int32)
        found = np.empty((len(sources), most), np.int32)
        counts[part] = first_targets(
            sources, spans[part], bounds[part], walk.ordered, keys, *steps, found
        )
        pieces.append(found[np.arange(most) < counts[part][:, None]])
    return np.concatenate(pieces), np.cumsum(counts)
