"""Memory and time of mining and of what it gives, from expected numbers of itemsets and rules.

The constants were fitted to the growth of whole processes: resident set at its peak, two threads,
any rule kept from confidence 0.1 (`tests/memory_of_rules.py`). What it takes to read the lines and
put them together to baskets is over when a plan is made, and is not among it.
"""

import numpy as np

from pipeline.config.mining_options import Mining
from pipeline.mining.baskets import Baskets, Int64s
from pipeline.mining.expected import Expected, Search
from pipeline.mining.kernel_miner import BLOCK_BYTES

BASE_BYTES = 64 * 2**20
INCIDENCE_BYTES = 20
MLXTEND_INCIDENCE_BYTES = 60
NODE_BYTES = 600
ITEMSET_BYTES = 220
APRIORI_ITEMSET_BYTES = 1500
RULE_BYTES = 900
MEGABYTE = 2**20

SECONDS_PER_PAIR = 2e-8
SECONDS_PER_ITEMSET = 5e-6
SECONDS_PER_RULE = 1.3e-5


def megabytes(search: Search, expected: Expected, config: Mining) -> float:
    """Return the memory that mining and its results need, in megabytes."""
    return (_mining_bytes(search, config) + _result_bytes(expected, config)) / MEGABYTE


def seconds(search: Search, expected: Expected) -> float:
    """Return the processor time of mining, splitting and writing, in seconds, roughly.

    A miner reads each pair of items of each basket about once; what it gives costs more.
    """
    sizes = search.baskets.sizes
    pairs = float((sizes * (sizes - 1) // 2).sum())
    results = SECONDS_PER_ITEMSET * expected.itemsets + SECONDS_PER_RULE * expected.rules
    return SECONDS_PER_PAIR * pairs + results


def _mining_bytes(search: Search, config: Mining) -> float:
    """Return what the miner needs beside its results.

    The kernels keep the baskets by basket and by item, and Apriori a block of bits; mlxtend a
    tree of prefixes, or dense columns.
    """
    count = search.line_count
    if config.miner == "kernel":
        blocks = BLOCK_BYTES if config.algorithm == "apriori" else 0
        return float(BASE_BYTES + INCIDENCE_BYTES * count + blocks)
    incidences = float(BASE_BYTES + MLXTEND_INCIDENCE_BYTES * count)
    if config.algorithm == "apriori":
        return incidences + 2 * search.basket_count * search.item_count
    return incidences + NODE_BYTES * _prefix_count(search.baskets, search.item_count)


def _prefix_count(baskets: Baskets, item_count: int) -> int:
    """Count the distinct beginnings of baskets: the nodes of the FP-tree."""
    starts, sizes = baskets.basket_offsets[:-1], baskets.sizes
    prefixes: Int64s = np.zeros(len(sizes), dtype=np.int64)
    total = 0
    for depth in range(int(sizes.max(initial=0))):
        is_longer = sizes > depth
        starts, sizes, prefixes = starts[is_longer], sizes[is_longer], prefixes[is_longer]
        keys = prefixes * item_count + baskets.item_codes[starts + depth]
        distinct, prefixes = np.unique(keys, return_inverse=True)
        total += len(distinct)
    return total


def _result_bytes(expected: Expected, config: Mining) -> float:
    has_frames = config.miner == "mlxtend" and config.algorithm == "apriori"
    itemset_bytes = ITEMSET_BYTES + (APRIORI_ITEMSET_BYTES if has_frames else 0)
    return itemset_bytes * expected.itemsets + RULE_BYTES * expected.rules
