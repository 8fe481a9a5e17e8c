"""How many baskets hold an itemset, and how many customers are behind them."""

import numpy as np
import numpy.typing as npt

from pipeline.mining.baskets import Baskets, Int32s, Int64s, order_of
from pipeline.mining.itemsets import Itemsets

UNKNOWN = -1
Rows = npt.NDArray[np.integer]


def count_customers(
    baskets: Baskets, item_codes: Int32s, itemsets: Itemsets, rows: Rows
) -> Int64s | None:
    """Return the distinct known customers of the baskets with each itemset; None without any.

    Args:
        baskets: What the itemsets were mined from.
        item_codes: Code in the baskets of each item of the itemsets.
        itemsets: Itemsets.
        rows: Which of them.
    """
    if baskets.customers is None or not bool((baskets.customers != UNKNOWN).any()):
        return None
    return count_holders(baskets, item_codes, itemsets, rows)[:, 1]


def count_holders(
    baskets: Baskets, item_codes: Int32s, itemsets: Itemsets, rows: Rows
) -> npt.NDArray[np.int64]:
    """Return for each itemset its baskets, and the distinct known customers behind them.

    The arguments are those of `count_customers`; the baskets may be others than were mined.
    """
    from pipeline.mining.kernels.holders import count_holders as count

    wanted = _chosen(itemsets, rows)
    items = item_codes[wanted.items]
    persons, holding, starts = _by_item(baskets, int(items.max(initial=0)))
    places = baskets.item_codes, baskets.basket_offsets
    return count(*places, persons, holding, starts, items, wanted.offsets)


def pair_holders(baskets: Baskets, left: Int64s, right: Int64s) -> npt.NDArray[np.int64]:
    """Return for each pair of items its baskets, and the distinct known customers behind them."""
    from pipeline.mining.kernels.holders import count_pair_holders

    largest = max(int(left.max(initial=0)), int(right.max(initial=0)))
    persons, rows, starts = _by_item(baskets, largest)
    counts = np.diff(starts)
    is_left = counts[left] >= counts[right]
    common = np.where(is_left, left, right).astype(np.int32)
    rarer = np.where(is_left, right, left).astype(np.int32)
    order = order_of(common)
    found = np.empty((len(left), 2), np.int64)
    found[order] = count_pair_holders(persons, rows, starts, common[order], rarer[order])
    return found


def _by_item(baskets: Baskets, largest_item: int) -> tuple[Int32s, Int32s, Int64s]:
    """Return the customer of each basket, and the baskets of each item, by customer."""
    from pipeline.mining.kernels.vertical import rows_of_items

    customers = baskets.customers
    if customers is None:
        customers = np.full(baskets.basket_count, UNKNOWN, dtype=np.int64)
    persons = np.unique(customers, return_inverse=True)[1].astype(np.int32)
    persons[customers == UNKNOWN] = UNKNOWN
    width = max(int(baskets.item_codes.max(initial=0)), largest_item) + 1
    order = np.argsort(persons, kind="stable")
    rows, starts = rows_of_items(baskets.item_codes, baskets.basket_offsets, order, width)
    return persons, rows, starts


def _chosen(itemsets: Itemsets, rows: Rows) -> Itemsets:
    """Return some of the itemsets, in the order asked for."""
    sizes = itemsets.sizes[rows]
    offsets = np.append(np.int64(0), np.cumsum(sizes))
    steps = np.arange(offsets[-1]) - np.repeat(offsets[:-1], sizes)
    items = itemsets.items[np.repeat(itemsets.offsets[rows], sizes) + steps]
    return Itemsets(items, offsets, itemsets.counts[rows])
