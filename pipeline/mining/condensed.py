"""Closed and maximal itemsets: a smaller table that still tells what is frequent."""

from typing import Literal

import numpy as np

from pipeline.mining.baskets import Bools
from pipeline.mining.itemsets import Itemsets
from pipeline.mining.rule_counts import link_itemsets

Target = Literal["frequent", "closed", "maximal"]


def is_target(itemsets: Itemsets, target: Target) -> Bools:
    """Mark the itemsets that are asked for.

    An itemset is closed if each larger one is in fewer baskets, and maximal if no larger one is
    frequent. They are marked among all frequent itemsets, not mined apart: rules need the count
    of every subset, and marking costs less than mining once more.

    Args:
        itemsets: All frequent itemsets in order of size, then items; to tell those of a size,
            the next size must be among them.
        target: Which to mark.
    """
    if target == "frequent" or len(itemsets.counts) == 0:
        return np.ones(len(itemsets.counts), dtype=np.bool_)
    from pipeline.mining.kernels.supersets import largest_superset_counts

    levels = link_itemsets(itemsets)
    largest = largest_superset_counts(*levels, itemsets.counts, itemsets.firsts)
    return largest < itemsets.counts if target == "closed" else largest == 0
