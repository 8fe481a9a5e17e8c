"""Split itemsets into the two sides of rules.

In plain words: walk through the trie of itemsets, depth first. At each itemset keep a list of
its splits: every choice of items for the right side that is small enough and allowed, with the
nodes of both sides. One item more makes each split two: the new item goes left, or it goes right
if it may. Either way one side is a node that is known and the other its child, so each rule costs
one search among the children of a node, and no itemset is looked up from its first item on.

Memory: the splits on the way to the itemset in hand, and 12 bytes for every rule kept.
Time: one binary search for every split.

Source:
    The rules are those of Agrawal and Srikant, Fast Algorithms for Mining Association Rules,
    VLDB 1994; the walk is our own.
"""

from typing import NamedTuple

import numpy as np

from pipeline.mining.baskets import Bools, Int32s, Int64s
from pipeline.mining.kernels.compiled import ZERO, entry, inner
from pipeline.mining.kernels.growing import all_longer, longer
from pipeline.mining.kernels.levels import Levels, child_of


class Splits(NamedTuple):
    """Nodes of both sides and the number of items on the right, a stack of splits."""

    lefts: Int64s
    rights: Int64s
    sizes: Int64s


class Limits(NamedTuple):
    """What a rule must reach: the counts of all nodes, and the smallest joint count by node.

    `lift` is the smallest lift divided by the number of baskets, a hair less than exact.
    """

    counts: Int64s
    least: Int64s
    lift: float


@inner
def _is_kept(limits: Limits, joint: int, left: int, right: int) -> bool:
    """Whether a split has two sides and reaches both limits."""
    if left <= 0 or right <= 0 or joint < limits.least[left]:
        return False
    independent = float(limits.counts[left]) * float(limits.counts[right])
    return float(joint) >= limits.lift * independent


@inner
def _extend(
    levels: Levels, splits: Splits, span: tuple[int, int], child: int, right_limit: int
) -> int:
    """Write the splits of a child behind those of its parent; return where they end.

    Args:
        levels: The itemsets.
        splits: Those of the parent stand in the span.
        span: Where they begin and end.
        child: The node.
        right_limit: Most items on the right; 0 where the child's last item may not stand there.
    """
    begin, end = span
    item, top = levels.lasts[child], end
    for place in range(begin, end):
        left, size = splits.lefts[place], splits.sizes[place]
        splits.lefts[top] = child if size == 0 else child_of(levels, left, item)
        splits.rights[top], splits.sizes[top] = splits.rights[place], size
        top += 1
    for place in range(begin, end):
        if splits.sizes[place] < right_limit:
            splits.lefts[top], splits.sizes[top] = splits.lefts[place], splits.sizes[place] + 1
            splits.rights[top] = child_of(levels, splits.rights[place], item)
            top += 1
    return top


@entry(
    "Tuple((int32[::1], int32[::1], int32[::1]))"
    "(int64[::1], int32[::1], int64[::1], int64[::1], float64, boolean[::1], int64)"
)
def split_itemsets(
    starts: Int64s,
    lasts: Int32s,
    counts: Int64s,
    least: Int64s,
    lift: float,
    is_allowed: Bools,
    max_right: int,
) -> tuple[Int32s, Int32s, Int32s]:
    """Find the rules of all itemsets.

    Args:
        starts: As `link_levels` returns them.
        lasts: The same.
        counts: Number of baskets of each node.
        least: Smallest joint count of a rule with the node as its left side.
        lift: Smallest lift divided by the number of baskets, a hair less than exact.
        is_allowed: Whether each item may stand on the right.
        max_right: Most items on the right, at least 1.

    Returns:
        Rows of the left sides, the right sides and the whole itemsets.
    """
    levels, limits = Levels(starts, lasts), Limits(counts, least, lift)
    room, kept = 1024, ZERO
    lefts, rights = np.empty(room, np.int32), np.empty(room, np.int32)
    joints = np.empty(room, np.int32)
    splits = Splits(np.zeros(64, np.int64), np.zeros(64, np.int64), np.zeros(64, np.int64))
    nexts, stops, tops = np.empty(8, np.int64), np.empty(8, np.int64), np.empty(9, np.int64)
    nexts[0], stops[0], tops[0], tops[1] = starts[0], starts[1], 0, 1
    depth = 0
    while depth >= 0:
        child = nexts[depth]
        if child == stops[depth]:
            depth -= 1
            continue
        nexts[depth] += 1
        begin, end = tops[depth], tops[depth + 1]
        wanted = end + 2 * (end - begin)
        if wanted > len(splits.lefts):  # asked here too: references to arrays are counted at a call
            splits = Splits(*all_longer((splits.lefts, splits.rights, splits.sizes), end, wanted))
        right_limit = max_right if is_allowed[lasts[child]] else 0
        top = _extend(levels, splits, (begin, end), child, right_limit)
        if kept + top - end > len(lefts):
            lefts, rights, joints = all_longer((lefts, rights, joints), kept, kept + top - end)
        for place in range(end, top):
            left, right = splits.lefts[place], splits.rights[place]
            if _is_kept(limits, counts[child], left, right):
                lefts[kept], rights[kept], joints[kept] = left - 1, right - 1, child - 1
                kept += 1
        if starts[child] == starts[child + 1]:
            continue
        depth += 1
        if depth + 2 > len(nexts):
            nexts, stops = longer(nexts, depth, ZERO), longer(stops, depth, ZERO)
            tops = longer(tops, depth + 1, ZERO)
        nexts[depth], stops[depth], tops[depth + 1] = starts[child], starts[child + 1], top
    return lefts[:kept], rights[:kept], joints[:kept]
