"""For each source the first targets, in a given order, for which a condition on both holds.

In plain words: each source has a span of targets, ordered as they are to be shown. They are walked
from the first on; the condition, a small program of comparisons joined by and, or and not, is
evaluated for the source and the target; the walk ends with the last target that is wanted.
What bounds the column that comes first in the order cuts the span before the walk.

Memory: the targets that are kept. Time: the targets walked.
"""

import numpy as np

from pipeline.mining.baskets import Bools, Floats, Int32s, Int64s
from pipeline.mining.kernels.compiled import entry, inner

SAME, DIFFERS, ABOVE, AT_LEAST, BELOW, AT_MOST, MASK, AND, OR, NOT = range(10)
SLACK = 1e-9
"""Share of a bound by which numbers may differ and still count as equal: 1.1 x 10 is 11."""


@inner
def _first_from(keys: Floats, begin: int, end: int, bound: float) -> int:
    """Return the first of ascending keys that is at least a bound, or the end."""
    while begin < end:
        middle = (begin + end) // 2
        if keys[middle] < bound:
            begin = middle + 1
        else:
            end = middle
    return begin


@inner
def _compared(operation: int, of_source: float, of_target: float, factor: float) -> bool:
    """Compare two values, or a value with a multiple of one; never true of a missing one (NaN)."""
    if operation == SAME:
        return of_source == of_target
    if operation == DIFFERS:
        return of_source < of_target or of_source > of_target
    bound = factor * of_source
    slack = abs(bound) * SLACK
    if operation == ABOVE:
        return of_target > bound + slack
    if operation == AT_LEAST:
        return of_target >= bound - slack
    if operation == BELOW:
        return of_target < bound - slack
    return of_target <= bound + slack


@inner
def _holds(
    program: Int64s, factors: Floats, columns: Floats, masks: Bools, pair: tuple[int, int],
    stack: Bools,
) -> bool:  # fmt: skip
    """Evaluate a program, whose steps take their operands from a stack."""
    source, target = pair
    depth = 0
    for step in range(len(program)):
        operation, place = program[step, 0], program[step, 1]
        if operation == AND:
            depth -= 1
            stack[depth - 1] = stack[depth - 1] and stack[depth]
        elif operation == OR:
            depth -= 1
            stack[depth - 1] = stack[depth - 1] or stack[depth]
        elif operation == NOT:
            stack[depth - 1] = not stack[depth - 1]
        elif operation == MASK:
            stack[depth] = masks[place, target]
            depth += 1
        else:
            values = columns[place]
            stack[depth] = _compared(operation, values[source], values[target], factors[step])
            depth += 1
    return depth == 0 or stack[0]


@entry(
    "int64[::1](int32[::1], int64[:, ::1], float64[:, ::1], int32[::1], float64[::1], "
    "int64[:, ::1], float64[::1], float64[:, ::1], boolean[:, ::1], int32[:, ::1])"
)
def first_targets(
    sources: Int32s, spans: Int64s, bounds: Floats, ordered: Int32s, keys: Floats,
    program: Int64s, factors: Floats, columns: Floats, masks: Bools, found: Int32s,
) -> Int64s:  # fmt: skip
    """Return how many targets each source has, and write them.

    Args:
        sources: Number of an item for each source.
        spans: Begin and end of the targets of each source.
        bounds: Smallest and largest key of a target of each source.
        ordered: Targets, in the order in which they are wanted.
        keys: What the targets are ordered by first, ascending in every span; not looked at where
            the bounds are infinite.
        program: Steps: what to do, and row of `columns` or `masks`; none if every target will do.
        factors: What the source's value is multiplied by, for each step.
        columns: Values by column and item, NaN where missing.
        masks: What is known beforehand, by mask and item.
        found: Takes the targets of each source; as many as fit are wanted.
    """
    counts = np.zeros(len(sources), np.int64)
    stack = np.empty(len(program) + 1, np.bool_)
    for number in range(len(sources)):
        source, begin, end = sources[number], spans[number, 0], spans[number, 1]
        if bounds[number, 0] > -np.inf:
            begin = _first_from(keys, begin, end, bounds[number, 0])
        count = 0
        for at in range(begin, end):
            if count == found.shape[1] or (
                bounds[number, 1] < np.inf and keys[at] > bounds[number, 1]
            ):
                break
            target = ordered[at]
            if _holds(program, factors, columns, masks, (source, target), stack):
                found[number, count] = target
                count += 1
        counts[number] = count
    return counts
