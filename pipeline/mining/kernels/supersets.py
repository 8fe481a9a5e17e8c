"""For each frequent itemset, the count of its most frequent superset: closed, maximal or neither.

In plain words: an itemset is closed if every larger one is in fewer baskets, and maximal if no
larger one is frequent. One item more is enough to look at. So each itemset tells its count to its
subsets that lack one item. These are found without a search from the root: what an itemset lacks
an item of is the child, by its last item, of what its beginning lacks that item of.

Memory: 8 bytes an itemset, and 4 bytes for each item of the itemsets of two sizes: the odd and the
even one with the most.
Time: one binary search among children for each item of each itemset.

Source:
    Pasquier et al., Discovering Frequent Closed Itemsets for Association Rules, ICDT 1999 (closed);
    Bayardo, Efficiently Mining Long Patterns from Databases, SIGMOD 1998 (maximal); the subsets
    of one item less are those by which Apriori prunes (Agrawal and Srikant, VLDB 1994).
"""

import numpy as np

from pipeline.mining.baskets import Int32s, Int64s
from pipeline.mining.kernels.compiled import entry
from pipeline.mining.kernels.levels import Levels, child_of


@entry("void(int64[::1], int32[::1], int64[::1], int64[::1], UniTuple(int32[::1], 2), int64[::1])")
def _tell_subsets(
    starts: Int64s,
    lasts: Int32s,
    counts: Int64s,
    firsts: Int64s,
    nodes: tuple[Int32s, Int32s],
    largest: Int64s,
) -> None:
    """Do the work of `largest_superset_counts`.

    `nodes` has room for what the itemsets of one size lack an item of: first for odd sizes, and
    zeros, which a single item lacks itself of; then for even ones.
    """
    levels = Levels(starts, lasts)
    lacking, following = nodes
    for size in range(1, len(firsts) - 1):
        first, end = firsts[size - 1], firsts[size]
        place = 0
        for row in range(first, end):
            for child in range(starts[row + 1], starts[row + 2]):
                count = counts[child - 1]
                for at in range((row - first) * size, (row - first + 1) * size):
                    node = child_of(levels, lacking[at], lasts[child])
                    following[place] = node
                    largest[node - 1] = max(largest[node - 1], count)
                    place += 1
                following[place] = row + 1
                largest[row] = max(largest[row], count)
                place += 1
        lacking, following = following, lacking


def largest_superset_counts(
    starts: Int64s, lasts: Int32s, counts: Int64s, firsts: Int64s
) -> Int64s:
    """Return for each itemset the count of its most frequent superset; 0 where none is frequent.

    Args:
        starts: As `link_levels` returns them.
        lasts: The same.
        counts: Number of baskets of each itemset, by row.
        firsts: Row of the first itemset of each size from 1 on, and the number of all itemsets.
    """
    lengths = np.diff(firsts) * np.arange(1, len(firsts))
    odd, even = int(lengths[::2].max(initial=0)), int(lengths[1::2].max(initial=0))
    nodes = np.zeros(odd, np.int32), np.empty(even, np.int32)
    largest = np.zeros(len(counts), np.int64)
    _tell_subsets(starts, lasts, counts, firsts, nodes, largest)
    return largest
