"""For each source the first targets, in a given order, for which a condition on both holds.

In plain words: each source has a span of targets, ordered as they are to be shown. They are walked
zone by zone: neighbouring targets, whose smallest and largest values are known. Where these show
that no target of a zone can pass, the walk goes on behind it; else the condition, a small program
of comparisons joined by and, or and not, is evaluated step by step for all targets of the zone.
The walk ends with the last target that is wanted.

Memory: the targets that are kept. Time: the targets walked, times the steps of the condition.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pipeline.mining.baskets import Floats, Int32s, Int64s
from pipeline.mining.kernels.compiled import entry, inlined

SAME, DIFFERS, ABOVE, AT_LEAST, BELOW, AT_MOST, MASK, AND, OR, NOT = range(10)
ZONE = 64
"""Neighbouring targets that are looked at together."""
SLACK = 1e-9
"""Share of a bound by which numbers may differ and still count as equal: 1.1 x 10 is 11."""

Bytes = npt.NDArray[np.uint8]


class Condition(NamedTuple):
    """What a target has to fulfil.

    `steps` has one line a step: what to do, and the row of `values` or `masks` to do it with;
    without steps every target will do. `values` and `masks` are by place in the order of targets.
    """

    steps: Int64s
    factors: Floats
    values: Floats
    masks: Bytes


@inlined
def _is_barren(zone: Floats, window: Floats) -> bool:
    """Whether all values of a zone lie outside what a source asks for, in any column."""
    for column in range(len(window)):
        if zone[column, 1] < window[column, 0] or zone[column, 0] > window[column, 1]:
            return True
    return False


@inlined
def _compare(operation: int, values: Floats, of_source: float, factor: float, holds: Bytes) -> None:
    """Hold values against that of the source, or a multiple of it.

    No comparison is true of what is missing (NaN).
    """
    bound = factor * of_source
    slack = abs(bound) * SLACK
    if operation == SAME:
        for lane in range(len(values)):
            holds[lane] = values[lane] == of_source
    elif operation == DIFFERS:
        for lane in range(len(values)):
            holds[lane] = (values[lane] < of_source) | (values[lane] > of_source)
    elif operation == ABOVE:
        for lane in range(len(values)):
            holds[lane] = values[lane] > bound + slack
    elif operation == AT_LEAST:
        for lane in range(len(values)):
            holds[lane] = values[lane] >= bound - slack
    elif operation == BELOW:
        for lane in range(len(values)):
            holds[lane] = values[lane] < bound - slack
    else:
        for lane in range(len(values)):
            holds[lane] = values[lane] <= bound + slack


@inlined
def _evaluate(condition: Condition, of_source: Floats, begin: int, end: int, stack: Bytes) -> None:
    """Tell for which of some neighbouring targets a condition holds, in the stack's first line.

    Steps take their operands from the stack, which has a line of targets at each depth.
    """
    depth = 0
    width = end - begin
    for lane in range(width):
        stack[0, lane] = 1
    for step in range(len(condition.steps)):
        operation, place = condition.steps[step, 0], condition.steps[step, 1]
        if operation == AND:
            depth -= 1
            for lane in range(width):
                stack[depth - 1, lane] &= stack[depth, lane]
        elif operation == OR:
            depth -= 1
            for lane in range(width):
                stack[depth - 1, lane] |= stack[depth, lane]
        elif operation == NOT:
            for lane in range(width):
                stack[depth - 1, lane] ^= 1
        elif operation == MASK:
            for lane in range(width):
                stack[depth, lane] = condition.masks[place, begin + lane]
            depth += 1
        else:
            values = condition.values[place, begin:end]
            _compare(operation, values, of_source[place], condition.factors[step], stack[depth])
            depth += 1


@entry(
    "void(float64[:, ::1], int64[:, ::1], float64[:, :, ::1], float64[:, :, ::1], int32[::1],"
    " Tuple((int64[:, ::1], float64[::1], float64[:, ::1], uint8[:, ::1])), int32[:, ::1],"
    " uint8[:, ::1], int64[::1])"
)
def _find(
    sources: Floats, spans: Int64s, windows: Floats, zones: Floats, ordered: Int32s,
    fields: tuple[Int64s, Floats, Floats, Bytes], found: Int32s, stack: Bytes, counts: Int64s,
) -> None:  # fmt: skip
    """Do the work of `first_targets`, which says what is handed on.

    `fields` are those of `Condition`; `stack` has room for the marks of a zone, a line for each
    depth; `counts` takes how many targets each source has.
    """
    condition = Condition(*fields)
    for number in range(len(sources)):
        at, end = spans[number, 0], spans[number, 1]
        count = 0
        while at < end and count < found.shape[1]:
            zone = at // ZONE
            stop = min(end, (zone + 1) * ZONE)
            if not _is_barren(zones[zone], windows[number]):
                _evaluate(condition, sources[number], at, stop, stack)
                for lane in range(stop - at):
                    if stack[0, lane] and count < found.shape[1]:
                        found[number, count] = ordered[at + lane]
                        count += 1
            at = stop
        counts[number] = count


def first_targets(
    sources: Floats, spans: Int64s, windows: Floats, zones: Floats, ordered: Int32s,
    steps: Int64s, factors: Floats, values: Floats, masks: Bytes, found: Int32s,
) -> Int64s:  # fmt: skip
    """Return how many targets each source has, and write them.

    Args:
        sources: Values of each source, by source and row of `values`.
        spans: Begin and end of the targets of each source.
        windows: Smallest and largest value that a source asks for, by source and column.
        zones: Smallest and largest value of each zone of targets, by zone and the same columns.
        ordered: Targets, in the order in which they are wanted.
        steps: As in `Condition`; so are the next three.
        factors: What the source's value is multiplied by, for each step.
        values: Values of the targets.
        masks: What is known beforehand of the targets.
        found: Takes the targets of each source; as many as fit are wanted.
    """
    counts = np.zeros(len(sources), np.int64)
    stack = np.empty((len(steps) + 1, ZONE), np.uint8)
    condition = (steps, factors, values, masks)
    _find(sources, spans, windows, zones, ordered, condition, found, stack, counts)
    return counts
