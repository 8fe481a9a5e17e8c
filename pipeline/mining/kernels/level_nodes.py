"""Itemsets that Apriori has found, level by level, and their way into depth-first order."""

from typing import NamedTuple

import numpy as np

from pipeline.mining.baskets import Int32s, Int64s
from pipeline.mining.kernels.compiled import ZERO, inner
from pipeline.mining.kernels.growing import longer
from pipeline.mining.kernels.searching import place_of
from pipeline.mining.kernels.trie import Counts, Sizes, copy_with


class Nodes(NamedTuple):
    """Itemsets found so far: a trie, level by level.

    The children of node `n` stand from `starts[n]` to `starts[n + 1]`, items ascending, and the
    items that leave its count as it is from `perfect_starts[n]` to `perfect_starts[n + 1]`.
    """

    parents: Int32s
    items: Int32s
    counts: Int64s
    starts: Int64s
    perfect_starts: Int64s
    perfect: Int32s


@inner
def with_room(nodes: Nodes, used: int, wanted: int, level: int) -> Nodes:
    """Return the nodes with room for so many, as many more perfect items, from a level on."""
    perfect, perfect_used = nodes.perfect, nodes.perfect_starts[level]
    if perfect_used + wanted - used > len(perfect):
        perfect = longer(perfect, perfect_used, perfect_used + wanted - used)
    if wanted <= len(nodes.parents):  # there is one start more
        return Nodes(
            nodes.parents, nodes.items, nodes.counts, nodes.starts, nodes.perfect_starts, perfect
        )
    return Nodes(
        longer(nodes.parents, used, wanted),
        longer(nodes.items, used, wanted),
        longer(nodes.counts, used, wanted),
        longer(nodes.starts, used + 1, wanted + 1),
        longer(nodes.perfect_starts, used + 1, wanted + 1),
        perfect,
    )


@inner
def child_of(nodes: Nodes, node: int, item: int) -> int:
    """Return the child of a node with an item, else the node: the item changes nothing there."""
    child = place_of(nodes.items, nodes.starts[node], nodes.starts[node + 1], item)
    return child if child >= 0 else node


@inner
def sizes_of_subtrees(nodes: Nodes, last_level: int, used: int, most: int) -> Int64s:
    """Return how many itemsets each node stands for, or some number above the most.

    These are the set, its larger ones, and all of them with items that change no count.
    """
    sizes = np.empty(used, np.int64)
    for node in range(used - 1, -1, -1):
        size = 1
        if node < last_level:
            for child in range(nodes.starts[node], nodes.starts[node + 1]):
                size = min(size + sizes[child], most + 1)
            for _ in range(nodes.perfect_starts[node], nodes.perfect_starts[node + 1]):
                size = min(2 * size, most + 1)
        sizes[node] = size
    return sizes


@inner
def in_depth_order(
    nodes: Nodes, last_level: int, total: int, depths: int
) -> tuple[Sizes, Int32s, Counts]:
    """Return all itemsets in depth-first order; nodes of the last level have no larger ones."""
    sizes, items = np.empty(total, np.uint8), np.empty(total, np.int32)
    counts, used = np.empty(total, np.uint32), ZERO
    perfect_starts, perfect = nodes.perfect_starts, nodes.perfect
    nexts, stops = np.empty(depths + 1, np.int64), np.empty(depths + 1, np.int64)
    begins = np.empty(depths + 1, np.int64)
    nexts[0], stops[0], depth = 0, nodes.starts[0], 0
    while depth >= 0:
        node = nexts[depth]
        if node < stops[depth]:
            nexts[depth], begins[depth] = node + 1, used
            sizes[used], items[used], counts[used] = (
                depth + 1,
                nodes.items[node],
                nodes.counts[node],
            )
            used += 1
            if node < last_level:
                depth += 1
                nexts[depth], stops[depth] = nodes.starts[node], nodes.starts[node + 1]
            continue
        depth -= 1
        if depth < 0:
            break
        node, begin = nexts[depth] - 1, begins[depth]
        for place in range(perfect_starts[node], perfect_starts[node + 1]):
            copy_with(sizes, items, counts, (begin, used), perfect[place])
            used += used - begin
    return sizes, items, counts
