"""Mine the baskets of a window: itemsets whose items have codes in the order of their ids."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.config.mining_options import Mining
from pipeline.engine import Engine
from pipeline.mining.auto_support import with_support
from pipeline.mining.baskets import Baskets, Bools, Int32s
from pipeline.mining.condensed import is_target
from pipeline.mining.item_limits import contain
from pipeline.mining.itemsets import Itemsets, relabel_items
from pipeline.mining.minable import Minable, mine_minable, read_minable
from pipeline.mining.threads import thread_count
from pipeline.mining.thresholds import effective_min_count
from pipeline.mining.window import Window


@dataclass(frozen=True)
class Mined:
    """Frequent itemsets, and the baskets that they come from.

    Attributes:
        minable: The baskets; items have the codes of the input.
        options: With the minimum count in place of `auto`.
        min_count: Smallest number of baskets of an itemset.
        itemsets: Those asked for and their subsets; items have codes that ascend with their ids.
        is_whole: Whether each itemset contains what it must.
        is_published: Whether each itemset is one to publish.
        item_codes: Code in the baskets of each item.
        item_ids: Id of each item.
    """

    minable: Minable
    options: Mining
    min_count: int
    itemsets: Itemsets
    is_whole: Bools
    is_published: Bools
    item_codes: Int32s
    item_ids: pa.Array

    @property
    def baskets(self) -> Baskets:
        """The baskets, without the items to pass over."""
        return self.minable.baskets


def mine_window(engine: Engine, config: Mining, window: Window, threads: int) -> Mined:
    """Return the frequent itemsets of the baskets of a window; sale lines in.

    Raises:
        ConfigError: The support would give too much, or an id in the options is no item's.
    """
    minable = read_minable(engine, config, window)
    return mined_of(minable, with_support(minable, config, thread_count(threads)), threads)


def mined_of(minable: Minable, options: Mining, threads: int) -> Mined:
    """Return the frequent itemsets of baskets.

    Args:
        minable: The baskets.
        options: With a minimum count or support, not `auto`.
        threads: Threads of the miner; 0 takes every core.

    Raises:
        ConfigError: The support would give too much.
    """
    min_count = effective_min_count(options, minable.baskets.basket_count)
    itemsets = mine_minable(minable, min_count, options, thread_count(threads))
    itemsets, item_codes = _in_order_of_ids(itemsets, minable.item_ids)
    item_ids = minable.item_ids.take(pa.array(item_codes))
    is_whole = contain(itemsets, options.must_contain, item_ids)
    is_published = is_whole & is_target(itemsets, options.target)
    itemsets = itemsets.up_to_size(options.max_itemset_size)
    count = len(itemsets.counts)
    marks = (is_whole[:count], is_published[:count])
    return Mined(minable, options, min_count, itemsets, *marks, item_codes, item_ids)


def _in_order_of_ids(itemsets: Itemsets, item_ids: pa.Array) -> tuple[Itemsets, Int32s]:
    """Give the items new codes that ascend with their ids; return the old code of each new one."""
    item_codes = itemsets.of_size(1).ravel()  # every item of an itemset is one of its subsets
    frequent_ids = item_ids.take(pa.array(item_codes))
    ordered_codes = item_codes[pc.sort_indices(frequent_ids).to_numpy()].astype(np.int32)
    new_codes = np.zeros(len(item_ids), dtype=np.int32)
    new_codes[ordered_codes] = np.arange(len(ordered_codes))
    return relabel_items(itemsets, new_codes), ordered_codes
