"""Baskets in, frequent itemsets out: for a run that publishes no rules."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.config.mining_options import Mining
from pipeline.engine import Engine, Value
from pipeline.mining.auto_support import with_support
from pipeline.mining.baskets import Int32s
from pipeline.mining.expected import Search
from pipeline.mining.holdout import split_window
from pipeline.mining.itemset_rows import build_itemsets, build_nodes
from pipeline.mining.kernel_miner import Limits, Nodes, arrange, mine_nodes
from pipeline.mining.minable import Minable, as_planned, read_minable
from pipeline.mining.mined import mined_of
from pipeline.mining.planner import most_itemsets
from pipeline.mining.threads import thread_count
from pipeline.mining.thresholds import effective_min_count
from pipeline.mining.window import Window


@dataclass(frozen=True)
class ItemsetSummary:
    """Figures of the stage.

    Attributes:
        basket_count: Baskets that were mined, single-item baskets included.
        giant_basket_count: Baskets left out because they hold too many items.
        min_count: Smallest number of baskets of an itemset, chosen where min_support is `auto`.
        frequent_item_count: Items that reach it.
        itemset_count: Itemsets that are published, single items included.
        message: Which count `auto` took; None where it was given.
    """

    basket_count: int
    giant_basket_count: int
    min_count: int
    frequent_item_count: int
    itemset_count: int
    message: str | None


def build_itemsets_alone(
    engine: Engine, config: Mining, window: Window, item_level: str, *, threads: int = 1
) -> ItemsetSummary:
    """Build `frequent_itemsets`; sale lines in, one row per itemset out.

    Args:
        engine: Holds `sale_lines` and `items`.
        config: Grain, thresholds and limits.
        window: Half-open lookback window.
        item_level: What an item id stands for, written to every row.
        threads: Threads of the miner; 0 takes every core.

    Raises:
        ConfigError: The support would give too much, or an id in the options is no item's.
    """
    window, _ = split_window(window, config.holdout_days)
    minable = read_minable(engine, config, window)
    options = with_support(minable, config, thread_count(threads))
    min_count = effective_min_count(options, minable.baskets.basket_count)
    options = options.model_copy(update={"max_consequent_size": 0})  # the plan counts no rules
    labels: dict[str, Value] = {"grain": config.grain, "item_level": item_level}
    values = {**labels, **window.values, "basket_count": minable.baskets.basket_count}
    if _is_plain(options):
        parts, new_codes, item_ids = _mine_nodes(minable, min_count, options, threads)
        row_count = build_nodes(engine, parts, new_codes, item_ids, values=values)
    else:
        mined = mined_of(minable, options, threads)
        item_ids, is_published = mined.item_ids, mined.is_published
        row_count = build_itemsets(engine, mined.itemsets, item_ids, is_published, values=values)
    took = f"mining.min_support auto took min_count {min_count:,}"
    return ItemsetSummary(
        basket_count=minable.baskets.basket_count,
        giant_basket_count=minable.baskets.giant_basket_count,
        min_count=min_count,
        frequent_item_count=len(item_ids),
        itemset_count=row_count,
        message=took if options.min_support != config.min_support else None,
    )


def _is_plain(options: Mining) -> bool:
    """Whether all itemsets that our miner finds are published."""
    is_ours = options.miner == "kernel"
    return is_ours and options.target == "frequent" and not options.must_contain


def _mine_nodes(
    minable: Minable, min_count: int, options: Mining, threads: int
) -> tuple[list[Nodes], Int32s, pa.Array]:
    """Return tries of all itemsets, the code of each of their items, and the ids by code."""
    rows, item_codes = arrange(minable.baskets, min_count)
    limits = Limits(min_count, options.max_itemset_size, most_itemsets(options))
    count = thread_count(threads)

    def search(_: Search) -> list[Nodes]:
        return mine_nodes(rows, limits, options.algorithm, count)

    parts = as_planned(minable, min_count, options, search, threads=count)
    ids = minable.item_ids.take(pa.array(item_codes))
    order = pc.sort_indices(ids).to_numpy()
    new_codes = np.empty(len(order), dtype=np.int32)
    new_codes[order] = np.arange(len(order))
    return parts, new_codes, ids.take(pa.array(order))
