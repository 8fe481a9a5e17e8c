"""Itemsets as a trie in three flat arrays: the form in which kernels give their results.

Node `n` is the itemset of its parent and one item more, smaller than all of the parent's; the
parent of single items is -1, and a parent stands before its children. 16 bytes an itemset.
"""

from typing import NamedTuple

import numpy as np

from pipeline.mining.baskets import Int32s, Int64s
from pipeline.mining.kernels.compiled import entry, inner
from pipeline.mining.kernels.growing import longer32, longer64


class Trie(NamedTuple):
    """The nodes: parent, item and number of baskets of each."""

    parents: Int32s
    items: Int32s
    counts: Int64s


@inner
def roomy(trie: Trie, used: int, wanted: int) -> Trie:
    """Return a copy of the `used` nodes with room for the wanted number, or for half more."""
    return Trie(
        longer32(trie.parents, used, wanted),
        longer32(trie.items, used, wanted),
        longer64(trie.counts, used, wanted),
    )


@entry("int64[::1](int32[::1])")
def depths(parents: Int32s) -> Int64s:
    """Return the number of items of each node."""
    sizes = np.empty(len(parents), np.int64)
    for node in range(len(parents)):
        parent = parents[node]
        sizes[node] = 1 if parent < 0 else sizes[parent] + 1
    return sizes


@entry("int32[::1](int32[::1], int32[::1], int64[::1])")
def unfold(parents: Int32s, items: Int32s, offsets: Int64s) -> Int32s:
    """Return the items of all nodes, ascending inside each, node `n` from `offsets[n]` on."""
    rows = np.empty(offsets[-1], np.int32)
    for node in range(len(parents)):
        place, ancestor = offsets[node], np.int64(node)
        while ancestor >= 0:
            rows[place] = items[ancestor]
            place, ancestor = place + 1, np.int64(parents[ancestor])
    return rows
