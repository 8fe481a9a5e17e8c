"""The baskets that are mined for itemsets and rules, with what the options say of items."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.config.mining_options import Mining
from pipeline.engine import Engine
from pipeline.mining.baskets import Baskets, Bools, Int32s, read_baskets
from pipeline.mining.expected import Search
from pipeline.mining.item_groups import read_item_ids
from pipeline.mining.item_limits import find_items, with_items, without_items
from pipeline.mining.itemsets import Itemsets, TooManyItemsetsError
from pipeline.mining.planner import check_plan, most_itemsets, refuse_found
from pipeline.mining.rule_counts import Sides
from pipeline.mining.wanted import mine_wanted
from pipeline.mining.window import Window

Result = TypeVar("Result")


@dataclass(frozen=True)
class Minable:
    """Baskets, and the items that the options name.

    Attributes:
        baskets: Baskets without the items that must not be contained.
        searched: Of these, the baskets that hold every item that must be; the others are empty.
        must_contain: Codes of the items that every itemset must contain.
        item_ids: Item ids by item code.
    """

    baskets: Baskets
    searched: Baskets
    must_contain: Int32s
    item_ids: pa.Array


def read_minable(engine: Engine, config: Mining, window: Window) -> Minable:
    """Read the baskets of the sale lines inside the window.

    Raises:
        ConfigError: An id in the options is no item's.
    """
    item_ids = read_item_ids(engine)
    must_contain = find_items("must_contain", config.must_contain, item_ids)
    must_not_contain = find_items("must_not_contain", config.must_not_contain, item_ids)
    find_items("consequents", config.consequents, item_ids)
    baskets = without_items(read_baskets(engine, config, window), must_not_contain)
    return Minable(baskets, with_items(baskets, must_contain), must_contain, item_ids)


def mine_minable(minable: Minable, min_count: int, config: Mining, threads: int) -> Itemsets:
    """Find the itemsets that the options want, and all subsets of these; see `mine_wanted`.

    Raises:
        ConfigError: They would not fit; the message names a threshold that does.
    """
    mine = partial(mine_searched, minable, config, threads)
    return as_planned(minable, min_count, config, mine, threads=threads)


def as_planned(
    minable: Minable,
    min_count: int,
    config: Mining,
    mine: Callable[[Search], Result],
    *,
    threads: int,
) -> Result:
    """Return what a search finds, if that will fit.

    Args:
        minable: What is searched.
        min_count: Smallest number of baskets.
        config: Limits.
        mine: Finds it after the look that the plan took; it gives up by TooManyItemsetsError.
        threads: Threads of the plan.

    Raises:
        ConfigError: It would not fit; the message names a threshold that does.
    """
    search = check_plan(minable.searched, min_count, config, threads)
    try:
        return mine(search)
    except TooManyItemsetsError:
        refuse_found(minable.searched, min_count, config)


def mine_searched(minable: Minable, config: Mining, threads: int, search: Search) -> Itemsets:
    """Find the same after a look at what that may take, whose finds are taken where they are all.

    Raises:
        TooManyItemsetsError: There are more itemsets than the options allow.
    """
    is_same_miner = (config.miner, config.algorithm) == ("kernel", "fpgrowth")
    if search.found and is_same_miner and not config.must_contain:
        return search.found
    limits = (search.min_count, most_itemsets(config))
    return mine_wanted(minable.baskets, minable.must_contain, limits, config, threads=threads)


def right_sides(config: Mining, item_ids: pa.Array, is_whole: Bools) -> Sides:
    """Return what may stand on the right side of a rule.

    Args:
        config: Names the items, if not every one may.
        item_ids: Item ids by the codes of the itemsets.
        is_whole: Itemsets that may be both sides together.
    """
    if not config.consequents:
        return Sides(config.max_consequent_size, is_whole=is_whole)
    is_allowed = pc.is_in(item_ids, pa.array(config.consequents, pa.string()))
    return Sides(config.max_consequent_size, is_allowed.to_numpy(zero_copy_only=False), is_whole)
