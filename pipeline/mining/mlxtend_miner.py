"""Mine with mlxtend: slower than our kernels by far, and an independent check of them."""

from array import array
from collections import Counter
from itertools import pairwise

import numpy as np

from pipeline.mining.baskets import Baskets, Int32s, keep_frequent_items, to_offsets
from pipeline.mining.itemsets import Algorithm, Itemsets


def mine(
    baskets: Baskets, min_count: int, max_size: int, algorithm: Algorithm
) -> tuple[Itemsets, Int32s]:
    """Find the frequent itemsets, in any order.

    Returns:
        Itemsets of items numbered by falling count, and the code of each number.
    """
    frequent, item_codes = keep_frequent_items(baskets, min_count)
    if len(item_codes) == 0:
        return Itemsets(item_codes, np.zeros(1, np.int64), np.zeros(0, np.int64)), item_codes
    mine_by = _mine_by_fpgrowth if algorithm == "fpgrowth" else _mine_by_apriori
    return mine_by(frequent, min_count, max_size), item_codes


def _mine_by_fpgrowth(baskets: Baskets, min_count: int, max_size: int) -> Itemsets:
    """Mine with mlxtend's FP-tree, equal baskets inserted once.

    Its tree and its recursion are called, not its function `fpgrowth`: that makes a dense
    matrix of baskets by items to count the items, and divides counts before it compares them.
    """
    from mlxtend.frequent_patterns.fpcommon import FPTree
    from mlxtend.frequent_patterns.fpgrowth import fpg_step

    tree = FPTree()
    for basket, count in _equal_baskets(baskets).items():
        tree.insert_itemset(np.frombuffer(basket, np.int32).tolist(), count)
    items, ends, counts = array("i"), array("q", [0]), array("q")
    for count, itemset in fpg_step(tree, min_count, None, max_size, verbose=0):
        items.extend(itemset)
        ends.append(len(items))
        counts.append(count)
    return Itemsets(np.asarray(items), np.asarray(ends), np.asarray(counts))


def _equal_baskets(baskets: Baskets) -> Counter[bytes]:
    """Count equal baskets; the key is the bytes of the item codes."""
    item_codes = baskets.item_codes
    bounds = pairwise(baskets.basket_offsets.tolist())
    return Counter(item_codes[start:end].tobytes() for start, end in bounds if start < end)


def _mine_by_apriori(baskets: Baskets, min_count: int, max_size: int) -> Itemsets:
    """Mine with mlxtend's Apriori on a sparse frame of the baskets that hold an item.

    Its threshold is a share: half a basket less than the count, so that no rounding of the
    share loses an itemset that stands exactly on the threshold.
    """
    import pandas as pd
    from mlxtend.frequent_patterns import apriori
    from scipy.sparse import csr_array

    offsets = to_offsets(baskets.sizes[baskets.sizes > 0])
    basket_count = len(offsets) - 1
    is_present = np.ones(len(baskets.item_codes), dtype=np.bool_)
    shape = (basket_count, int(baskets.item_codes.max()) + 1)
    matrix = csr_array((is_present, baskets.item_codes, offsets), shape=shape)
    frame = pd.DataFrame.sparse.from_spmatrix(matrix)  # type: ignore[attr-defined] # not in stubs
    share = (min_count - 0.5) / basket_count
    found = apriori(frame, min_support=share, max_len=max_size, low_memory=True)
    items = np.fromiter((item for itemset in found["itemsets"] for item in itemset), np.int32)
    sizes = np.fromiter(map(len, found["itemsets"]), np.int64)
    counts = np.rint(found["support"].to_numpy() * basket_count).astype(np.int64)
    return Itemsets(items, to_offsets(sizes), counts)
