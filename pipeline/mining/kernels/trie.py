"""Itemsets in depth-first order, each by its number of items, its last item and its count.

A set stands before its larger ones, so that its other items are the last ones of the smaller sets
on the way to it, and adding an item to a set and all below it is a copy with 1 added to the sizes.
"""

import numpy as np
import numpy.typing as npt

from pipeline.mining.baskets import Int32s
from pipeline.mining.kernels.compiled import inlined

Sizes = npt.NDArray[np.uint8]
Counts = npt.NDArray[np.uint32]
Trie = tuple[Sizes, Int32s, Counts]


@inlined
def copy_with(
    sizes: Sizes, items: Int32s, counts: Counts, span: tuple[int, int], item: int
) -> None:
    """Add an item that changes no count to a set and to its larger ones, which end the trie."""
    first, used = span
    shift = used - first
    for place in range(first, used):
        sizes[np.uint64(place + shift)] = sizes[np.uint64(place)] + 1
    for place in range(first, used):
        items[np.uint64(place + shift)] = items[np.uint64(place)]
    for place in range(first, used):
        counts[np.uint64(place + shift)] = counts[np.uint64(place)]
    items[used] = item
