"""Rules against their sub-rules: the same right side, and a part of the left side.

In plain words: the items of both sides are walked through in ascending order, and two nodes of
the trie of itemsets go along: that of a part of the left side, and that of the part with the right
side. Every part of a frequent itemset is frequent, so both are always found.
"""

from typing import NamedTuple

import numpy as np

from pipeline.mining.baskets import Bools, Floats, Int32s, Int64s
from pipeline.mining.kernels.compiled import MINUS_ONE, ONE, ZERO, entry, inlined
from pipeline.mining.kernels.fisher import tail
from pipeline.mining.kernels.levels import Levels, child_of


class Rules(NamedTuple):
    """Rules, and the itemsets that their sides are rows of.

    `starts` and `lasts` are columns of `Levels`; `counts` the baskets of each node, all of them for
    node 0, the empty itemset; `items` those of all itemsets, with the start of each and the end of
    the last in `offsets`.
    """

    starts: Int64s
    lasts: Int32s
    counts: Int64s
    items: Int32s
    offsets: Int64s
    antecedents: Int32s
    consequents: Int32s


Columns = tuple[Int64s, Int32s, Int64s, Int32s, Int64s, Int32s, Int32s]
COLUMNS = (
    "Tuple((int64[::1], int32[::1], int64[::1], int32[::1], int64[::1], int32[::1], int32[::1]))"
)


@inlined
def _with_all_but(levels: Levels, left: Int32s, right: Int32s, left_out: int) -> tuple[int, int]:
    """Return the nodes of the left side without the item at a place, and of both sides so."""
    part, whole, at = ZERO, ZERO, 0
    for place in range(len(left)):
        item = left[place]
        while at < len(right) and right[at] < item:
            whole = child_of(levels, whole, right[at])
            at += 1
        if place != left_out:
            part = child_of(levels, part, item)
            whole = child_of(levels, whole, item)
    while at < len(right):
        whole = child_of(levels, whole, right[at])
        at += 1
    return part, whole


@inlined
def _grow(levels: Levels, nodes: Int64s, used: int, item: int) -> None:
    """Let one item join every itemset of a column of nodes."""
    for place in range(used):
        nodes[place] = child_of(levels, nodes[place], item)


@inlined
def _parts(levels: Levels, left: Int32s, right: Int32s, pairs: Int64s) -> int:
    """Write the nodes of every part of the left side, and of it with the right side.

    Returns:
        How many there are; the last is the whole left side.
    """
    pairs[0, 0] = pairs[1, 0] = 0
    used, at = ONE, 0
    for item in left:
        while at < len(right) and right[at] < item:
            _grow(levels, pairs[1], used, right[at])
            at += 1
        for place in range(used):
            pairs[0, used + place] = child_of(levels, pairs[0, place], item)
            pairs[1, used + place] = child_of(levels, pairs[1, place], item)
        used *= 2
    while at < len(right):
        _grow(levels, pairs[1], used, right[at])
        at += 1
    return used


@entry(f"void({COLUMNS}, float64[::1])")
def _test(rules: Columns, largest: Floats) -> None:
    """Do the work of `largest_p_values`."""
    starts, lasts, counts, items, offsets, antecedents, consequents = rules
    levels = Levels(starts, lasts)
    for rule in range(len(antecedents)):
        left = items[offsets[antecedents[rule]] : offsets[antecedents[rule] + 1]]
        right = items[offsets[consequents[rule]] : offsets[consequents[rule] + 1]]
        joint = counts[_with_all_but(levels, left, right, MINUS_ONE)[1]]
        for left_out in range(len(left)):
            part, whole = _with_all_but(levels, left, right, left_out)
            found = tail(joint, counts[antecedents[rule] + 1], counts[whole], counts[part])
            largest[rule] = max(largest[rule], found)


def largest_p_values(rules: Rules) -> Floats:
    """Return for each rule the largest p-value of its tests against the sub-rules one item shorter.

    Against X' -> Y the baskets with X' are the population: those with X, and those with Y.
    """
    largest = np.zeros(len(rules.antecedents), np.float64)
    _test((*rules,), largest)
    return largest


@entry(f"void({COLUMNS}, int64[:, ::1], boolean[::1])")
def _compare(rules: Columns, pairs: Int64s, is_redundant: Bools) -> None:
    """Do the work of `find_redundant`; `pairs` has room for the parts of the longest left side."""
    starts, lasts, counts, items, offsets, antecedents, consequents = rules
    levels = Levels(starts, lasts)
    for rule in range(len(antecedents)):
        left = items[offsets[antecedents[rule]] : offsets[antecedents[rule] + 1]]
        right = items[offsets[consequents[rule]] : offsets[consequents[rule] + 1]]
        last = _parts(levels, left, right, pairs) - 1
        joint, antecedent = counts[pairs[1, last]], counts[pairs[0, last]]
        for place in range(last):
            if counts[pairs[1, place]] * antecedent >= joint * counts[pairs[0, place]]:
                is_redundant[rule] = True
                break


def find_redundant(rules: Rules) -> Bools:
    """Mark the rules that some sub-rule, that of the empty left side too, equals in confidence.

    Confidences are compared as products of counts, exactly.
    """
    longest = int(np.diff(rules.offsets)[rules.antecedents].max(initial=0))
    pairs = np.empty((2, 1 << longest), np.int64)
    is_redundant = np.zeros(len(rules.antecedents), np.bool_)
    _compare((*rules,), pairs, is_redundant)
    return is_redundant
