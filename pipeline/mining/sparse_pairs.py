"""Joint counts of all pairs of items, by a sparse product in slices."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from pipeline.mining.baskets import Baskets

ITEMS_PER_SLICE = 512


def presence_matrix(baskets: Baskets, item_count: int) -> Any:  # noqa: ANN401 - untyped library
    """Return a scipy CSR array of baskets by items, 1 where the basket holds the item."""
    from scipy.sparse import csr_array

    ones = np.ones(len(baskets.item_codes), dtype=np.int32)
    shape = (baskets.basket_count, item_count)
    return csr_array((ones, baskets.item_codes, baskets.basket_offsets), shape=shape)


def joint_counts_by_slice(matrix: Any) -> Iterator[tuple[int, Any]]:  # noqa: ANN401 - as above
    """Yield the joint counts of some items with every item, a bounded number at a time.

    Args:
        matrix: Baskets by items.

    Yields:
        The first item of the slice, and a scipy COO array (items from there on, by all items).
    """
    baskets_of_items = matrix.T.tocsr()
    for start in range(0, matrix.shape[1], ITEMS_PER_SLICE):
        yield start, (baskets_of_items[start : start + ITEMS_PER_SLICE] @ matrix).tocoo()
