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

from typing import NamedTuple, cast

import numpy as np

from pipeline.mining.baskets import Bools, Int32s, Int64s
from pipeline.mining.kernels.compiled import entry, inlined
from pipeline.mining.kernels.growing import Found, first_room, up_to, with_room
from pipeline.mining.kernels.levels import Levels, child_of

Columns = tuple[Int64s, Int64s, Int64s]
# Columns of the path, and what the state tells.
NEXT, STOP, TOP = range(3)
DEPTH, KEPT, SPLITS, RULES = range(4)


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


@inlined
def _is_kept(limits: Limits, joint: int, left: int, right: int) -> bool:
    """Whether a split has two sides and reaches both limits."""
    if left <= 0 or right <= 0 or joint < limits.least[left]:
        return False
    independent = float(limits.counts[left]) * float(limits.counts[right])
    return float(joint) >= limits.lift * independent


@inlined
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
    "void(Tuple((int64[::1], int32[::1])), Tuple((int64[::1], int64[::1], float64)),"
    " boolean[::1], int64, UniTuple(int32[::1], 3), UniTuple(int64[::1], 3), int64[:, ::1],"
    " int64[::1])"
)
def _split(
    trie: tuple[Int64s, Int32s],
    reached: tuple[Int64s, Int64s, float],
    is_allowed: Bools,
    max_right: int,
    rules: Found,
    sides: Columns,
    path: Int64s,
    state: Int64s,
) -> None:
    """Go on with the walk until all is done or room is short.

    Args:
        trie: Columns of `Levels`.
        reached: Fields of `Limits`.
        is_allowed: As in `split_itemsets`.
        max_right: The same.
        rules: Takes the rows of the left sides, the right sides and the whole itemsets.
        sides: Fields of `Splits`.
        path: For each depth the next child, the end of the children, and the first split.
        state: The depth, -1 where all is done; how many rules there are; and for how many splits
            and rules there must be room.
    """
    levels, limits, splits = Levels(*trie), Limits(*reached), Splits(*sides)
    starts, lasts = trie
    depth, kept = state[DEPTH], state[KEPT]
    while depth >= 0:
        child = path[depth, NEXT]
        if child == path[depth, STOP]:
            depth -= 1
            continue
        begin, end = path[depth, TOP], path[depth + 1, TOP]
        more = 2 * (end - begin)
        if end + more > len(splits.lefts) or kept + more > len(rules[0]):
            state[SPLITS], state[RULES] = end + more, kept + more
            break
        path[depth, NEXT] += 1
        right_limit = max_right if is_allowed[lasts[child]] else 0
        top = _extend(levels, splits, (begin, end), child, right_limit)
        for place in range(end, top):
            left, right = splits.lefts[place], splits.rights[place]
            if _is_kept(limits, limits.counts[child], left, right):
                rules[0][kept], rules[1][kept], rules[2][kept] = left - 1, right - 1, child - 1
                kept += 1
        if starts[child] < starts[child + 1]:
            depth += 1
            path[depth, NEXT], path[depth, STOP] = starts[child], starts[child + 1]
            path[depth + 1, TOP] = top
    state[DEPTH], state[KEPT] = depth, kept


def split_itemsets(
    levels: Levels, largest: int, limits: Limits, is_allowed: Bools, max_right: int
) -> Found:
    """Find the rules of all itemsets.

    Args:
        levels: The itemsets, as `link_levels` returns them.
        largest: Number of items of the largest.
        limits: What a rule must reach.
        is_allowed: Whether each item may stand on the right.
        max_right: Most items on the right, at least 1.

    Returns:
        Rows of the left sides, the right sides and the whole itemsets.
    """
    rules = first_room()
    splits = cast("Columns", tuple(np.zeros((3, 64), np.int64)))
    path, state = np.zeros((largest + 1, 3), np.int64), np.zeros(4, np.int64)
    path[0] = levels.starts[0], levels.starts[1], 0
    path[1:, TOP] = 1  # the empty set has one split
    while state[DEPTH] >= 0:
        _split((*levels,), (*limits,), is_allowed, max_right, rules, splits, path, state)
        splits = with_room(splits, path[state[DEPTH] + 1, TOP], state[SPLITS])
        rules = with_room(rules, state[KEPT], state[RULES])
    return up_to(state[KEPT], rules)
