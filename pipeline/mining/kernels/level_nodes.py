"""Itemsets that Apriori has found, level by level, and their way into depth-first order."""

from typing import NamedTuple

import numpy as np

from pipeline.mining.baskets import Int32s, Int64s
from pipeline.mining.kernels.compiled import ZERO, entry, inlined
from pipeline.mining.kernels.growing import with_room
from pipeline.mining.kernels.searching import place_of
from pipeline.mining.kernels.trie import Trie, copy_with

NEXT, STOP, BEGIN = range(3)


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


Columns = tuple[Int32s, Int32s, Int64s, Int64s, Int64s, Int32s]
COLUMNS = "Tuple((int32[::1], int32[::1], int64[::1], int64[::1], int64[::1], int32[::1]))"


def single_items(counts: Int64s) -> Nodes:
    """Return the itemsets of one item, without children yet."""
    width = len(counts)
    return Nodes(
        np.full(width, -1, np.int32),
        np.arange(width, dtype=np.int32),
        counts.copy(),
        np.full(width + 1, width),
        np.zeros(width + 1, np.int64),
        np.empty(width, np.int32),
    )


def with_more(nodes: Nodes, level: int, used: int, wanted: int) -> Nodes:
    """Return the nodes with room for more of them, and for as many perfect items.

    Args:
        nodes: Those found so far.
        level: The node whose children are being added.
        used: How many nodes there are.
        wanted: How many there must be room for.
    """
    columns = with_room((nodes.parents, nodes.items, nodes.counts), used, wanted)
    starts = (nodes.starts, nodes.perfect_starts)  # one more than nodes
    perfect_used = int(nodes.perfect_starts[level])
    return Nodes(
        *columns,
        *with_room(starts, used + 1, len(columns[0]) + 1),
        *with_room((nodes.perfect,), perfect_used, perfect_used + wanted - used),
    )


@inlined
def child_of(nodes: Nodes, node: int, item: int) -> int:
    """Return the child of a node with an item, else the node: the item changes nothing there."""
    child = place_of(nodes.items, nodes.starts[node], nodes.starts[node + 1], item)
    return child if child >= 0 else node


@entry(f"void({COLUMNS}, int64, int64, int64[::1])")
def _size_subtrees(columns: Columns, last_level: int, most: int, sizes: Int64s) -> None:
    """Do the work of `sizes_of_subtrees`."""
    nodes = Nodes(*columns)
    for node in range(len(sizes) - 1, -1, -1):
        size = 1
        if node < last_level:
            for child in range(nodes.starts[node], nodes.starts[node + 1]):
                size = min(size + sizes[child], most + 1)
            for _ in range(nodes.perfect_starts[node], nodes.perfect_starts[node + 1]):
                size = min(2 * size, most + 1)
        sizes[node] = size


def sizes_of_subtrees(nodes: Nodes, last_level: int, used: int, most: int) -> Int64s:
    """Return how many itemsets each node stands for, or some number above the most.

    These are the set, its larger ones, and all of them with items that change no count. Nodes of
    the last level have no larger ones.
    """
    sizes = np.empty(used, np.int64)
    _size_subtrees((*nodes,), last_level, most, sizes)
    return sizes


@entry(f"void({COLUMNS}, int64, Tuple((uint8[::1], int32[::1], uint32[::1])), int64[:, ::1])")
def _list_in_depth_order(columns: Columns, last_level: int, trie: Trie, path: Int64s) -> None:
    """Do the work of `in_depth_order`.

    `path` has for each depth the next node, the end of the nodes, and where the node in hand and
    its larger ones begin in the trie.
    """
    nodes = Nodes(*columns)
    sizes, items, counts = trie
    path[0, NEXT], path[0, STOP] = 0, nodes.starts[0]
    depth = used = ZERO
    while depth >= 0:
        node = path[depth, NEXT]
        if node < path[depth, STOP]:
            path[depth, NEXT], path[depth, BEGIN] = node + 1, used
            sizes[used], items[used] = depth + 1, nodes.items[node]
            counts[used] = nodes.counts[node]
            used += 1
            if node < last_level:
                depth += 1
                path[depth, NEXT], path[depth, STOP] = nodes.starts[node], nodes.starts[node + 1]
            continue
        depth -= 1
        if depth < 0:
            break
        node, begin = path[depth, NEXT] - 1, path[depth, BEGIN]
        for place in range(nodes.perfect_starts[node], nodes.perfect_starts[node + 1]):
            copy_with(sizes, items, counts, (begin, used), nodes.perfect[place])
            used += used - begin


def in_depth_order(nodes: Nodes, last_level: int, total: int, depths: int) -> Trie:
    """Return all itemsets in depth-first order.

    Args:
        nodes: The nodes.
        last_level: The first node of the last level: from there on none has larger ones.
        total: How many itemsets there are, with the copies.
        depths: Size of the largest itemset, or more.
    """
    trie = np.empty(total, np.uint8), np.empty(total, np.int32), np.empty(total, np.uint32)
    _list_in_depth_order((*nodes,), last_level, trie, np.empty((depths + 1, 3), np.int64))
    return trie
