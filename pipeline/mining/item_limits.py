"""Items that itemsets must contain, and items that they must not."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.config.problems import nearest
from pipeline.errors import ConfigError
from pipeline.mining.baskets import Baskets, Bools, Int32s, Int64s, to_offsets
from pipeline.mining.itemsets import Itemsets
from pipeline.mining.rule_counts import link_itemsets

BLOCK_BYTES = 64 * 2**20
"""Memory for the bits of all items while itemsets are counted again."""


def find_items(option: str, wanted: Sequence[str], item_ids: pa.Array) -> Int32s:
    """Return the codes of the items that an option of `mining` names, each once.

    Args:
        option: Its name, for the message.
        wanted: Item ids.
        item_ids: All item ids, by code.

    Raises:
        ConfigError: No item has one of the ids.
    """
    codes = pc.index_in(pa.array(wanted, pa.string()), item_ids)
    if codes.null_count:
        unknown = wanted[codes.is_null().to_pylist().index(True)]
        near = nearest(unknown, item_ids.to_pylist())
        hint = f"did you mean {near!r}?" if near else "ids are compared letter by letter"
        message = f"mining.{option}: no item has the id {unknown!r}; {hint}"
        raise ConfigError(message)
    return np.unique(codes.to_numpy(zero_copy_only=False)).astype(np.int32)


def without_items(baskets: Baskets, item_codes: Int32s) -> Baskets:
    """Take items out of the baskets; a basket that loses all of them still counts."""
    if len(item_codes) == 0:
        return baskets
    return _kept(baskets, ~np.isin(baskets.item_codes, item_codes))


def with_items(baskets: Baskets, item_codes: Int32s) -> Baskets:
    """Empty the baskets that do not hold all of the items; empty ones still count.

    Only what is left can hold an itemset that contains these items.
    """
    if len(item_codes) == 0:
        return baskets
    is_required = np.isin(baskets.item_codes, item_codes)
    found = np.concatenate([[0], np.cumsum(is_required)])[baskets.basket_offsets]
    holds_all = np.diff(found) == len(item_codes)
    return _kept(baskets, np.repeat(holds_all, baskets.sizes))


def mine_containing(
    baskets: Baskets,
    item_codes: Int32s,
    max_size: int,
    mine: Callable[[Baskets], Itemsets],
) -> Itemsets:
    """Find the frequent itemsets that contain given items, and all of their subsets.

    Only baskets that hold all of these items are searched. The subsets, of which rules need the
    counts, are then counted in all baskets.

    Args:
        baskets: All baskets.
        item_codes: Items that an itemset must contain; where there are none, all is mined.
        max_size: Largest number of items of an itemset.
        mine: Finds the frequent itemsets of baskets, of that size at most, in order.

    Returns:
        Itemsets in order, with their number of baskets; those that contain the items are
        frequent, and with them their subsets.
    """
    if len(item_codes) == 0:
        return mine(baskets)
    found = mine(with_items(baskets, item_codes))
    free_sizes = _sum_by_itemset(found, ~np.isin(found.items, item_codes))
    found = _selected(found, free_sizes <= max_size - len(item_codes))
    return _counted_again(found, baskets)


def contain(itemsets: Itemsets, wanted: Sequence[str], item_ids: pa.Array) -> Bools:
    """Mark the itemsets that contain all items with the wanted ids.

    Args:
        itemsets: Itemsets of any items.
        wanted: Item ids.
        item_ids: Item ids by code.
    """
    if not wanted:
        return np.ones(len(itemsets.counts), dtype=np.bool_)
    is_wanted = pc.is_in(item_ids, pa.array(wanted, pa.string())).to_numpy(zero_copy_only=False)
    held = _sum_by_itemset(itemsets, is_wanted[itemsets.items])
    is_met: Bools = held == len(set(wanted))
    return is_met


def _kept(baskets: Baskets, is_kept: Bools) -> Baskets:
    ends = np.concatenate([[0], np.cumsum(is_kept)])
    offsets = ends[baskets.basket_offsets]
    return replace(baskets, item_codes=baskets.item_codes[is_kept], basket_offsets=offsets)


def _sum_by_itemset(itemsets: Itemsets, marks: Bools) -> Int64s:
    return np.diff(np.concatenate([[0], np.cumsum(marks)])[itemsets.offsets])


def _selected(itemsets: Itemsets, is_kept: Bools) -> Itemsets:
    sizes = itemsets.sizes
    return Itemsets(
        itemsets.items[np.repeat(is_kept, sizes)],
        to_offsets(sizes[is_kept]),
        itemsets.counts[is_kept],
    )


def _counted_again(itemsets: Itemsets, baskets: Baskets) -> Itemsets:
    """Return the itemsets with the number of baskets that hold each."""
    from pipeline.mining.kernels.recount import count_itemsets

    if len(itemsets.counts) == 0:
        return itemsets
    used = np.unique(itemsets.items)
    kept = _kept(baskets, np.isin(baskets.item_codes, used))
    numbered = Itemsets(
        np.searchsorted(used, itemsets.items).astype(np.int32), itemsets.offsets, itemsets.counts
    )
    items = np.searchsorted(used, kept.item_codes).astype(np.int32)
    limits = (len(used), int(itemsets.sizes[-1]), BLOCK_BYTES)
    levels = link_itemsets(numbered)
    counts = count_itemsets(*levels, items, kept.basket_offsets, limits)
    return Itemsets(itemsets.items, itemsets.offsets, counts)
