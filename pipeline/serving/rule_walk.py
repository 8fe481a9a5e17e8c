"""Walk the ordered targets of a rule for every source: what the kernel needs for that."""

from collections.abc import Sequence
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
        compared: Comparisons with the source that every target has to pass.
    """

    sources: Int64s
    ordered: Int32s
    groups: Int64s
    compared: list[Comparison]

    @property
    def spans(self) -> Int64s:
        """Begin and end of the targets of each source."""
        of_targets, of_sources = self.groups[self.ordered], self.groups[self.sources]
        spans = np.empty((len(of_sources), 2), np.int64)
        spans[:, 0] = np.searchsorted(of_targets, of_sources, "left")
        spans[:, 1] = np.searchsorted(of_targets, of_sources, "right")
        return spans

    @property
    def limited(self) -> dict[str, list[Comparison]]:
        """Return the comparisons with a multiple of the source's value, by column."""
        found: dict[str, list[Comparison]] = {}
        for part in self.compared:
            if not isinstance(part.value, bool):
                found.setdefault(part.column, []).append(part)
        return found

    def windows(self, columns: Columns) -> Floats:
        """Return between which values each source finds targets, by source and limited column.

        They are a little wider than the comparisons of the kernel.
        """
        from pipeline.mining.kernels.eligible_targets import SLACK

        limited = self.limited
        found = np.tile([-np.inf, np.inf], (len(self.sources), len(limited), 1))
        for place, (name, parts) in enumerate(limited.items()):
            values = columns[name].numbers[self.sources]
            window = found[:, place]
            for part in parts:
                bound = float(str(part.value)) * values
                slack = 2 * SLACK * np.abs(bound)
                if part.operator in _LEAST:
                    window[:, 0] = np.maximum(window[:, 0], bound - slack)
                else:
                    window[:, 1] = np.minimum(window[:, 1], bound + slack)
        return found

    def zones(self, columns: Columns) -> Floats:
        """Return the smallest and largest value of neighbouring targets, by the same columns."""
        from pipeline.mining.kernels.eligible_targets import ZONE

        zone_count = -(-len(self.ordered) // ZONE)
        found = np.tile([np.inf, -np.inf], (zone_count, len(self.limited), 1))
        for place, name in enumerate(self.limited):
            values = np.full(zone_count * ZONE, np.nan)
            values[: len(self.ordered)] = columns[name].numbers[self.ordered]
            by_zone = values.reshape(-1, ZONE)
            found[:, place, 0] = np.where(np.isnan(by_zone), np.inf, by_zone).min(axis=1)
            found[:, place, 1] = np.where(np.isnan(by_zone), -np.inf, by_zone).max(axis=1)
        return found


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

    spans, windows = walk.spans, walk.windows(program.of)
    zones, sources = walk.zones(program.of), program.of_sources(walk.sources)
    condition = program.of_targets(walk.ordered)
    counts = np.zeros(len(walk.sources), np.int64)
    pieces = [np.zeros(0, np.int32)]
    block = max(1, _BLOCK_PLACES // most)
    for begin in range(0, len(counts), block):
        part = slice(begin, begin + block)
        found = np.empty((len(sources[part]), most), np.int32)
        counts[part] = first_targets(
            sources[part], spans[part], windows[part], zones, walk.ordered, *condition, found
        )
        pieces.append(found[np.arange(most) < counts[part][:, None]])
    return np.concatenate(pieces), np.cumsum(counts)
