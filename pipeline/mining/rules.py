"""Baskets in, frequent itemsets and association rules out."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.config.mining_options import Mining
from pipeline.engine import Engine, Value
from pipeline.mining.auto_support import with_support
from pipeline.mining.baskets import Bools
from pipeline.mining.condensed import is_target
from pipeline.mining.item_limits import contain
from pipeline.mining.itemsets import Itemsets, relabel_items
from pipeline.mining.minable import mine_minable, read_minable, right_sides
from pipeline.mining.nearest import explain_no_rules
from pipeline.mining.rule_counts import RuleCounts, Thresholds, count_rules
from pipeline.mining.steps import build
from pipeline.mining.threads import thread_count
from pipeline.mining.thresholds import effective_min_count
from pipeline.mining.window import Window

ITEM_SEPARATOR = "\x1e"
NO_CUT = 2**62


@dataclass(frozen=True)
class RuleSummary:
    """Figures of the stage.

    Attributes:
        basket_count: Baskets that were mined, single-item baskets included.
        giant_basket_count: Baskets left out because they hold too many items.
        min_count: Smallest number of baskets of an itemset, chosen where min_support is `auto`.
        frequent_item_count: Items that reach it.
        itemset_count: Itemsets that are published, single items included.
        rule_count: Rules that reach the thresholds.
        message: Why there are no rules, and the nearest threshold that would give some; which
            count `auto` took; None where neither is so.
    """

    basket_count: int
    giant_basket_count: int
    min_count: int
    frequent_item_count: int
    itemset_count: int
    rule_count: int
    message: str | None


def build_rules(
    engine: Engine,
    config: Mining,
    window: Window,
    item_level: str,
    *,
    threads: int = 1,
) -> RuleSummary:
    """Build `frequent_itemsets` and `association_rules`; sale lines in, one row per rule out.

    Args:
        engine: Holds `sale_lines` and `items`.
        config: Grain, thresholds and limits.
        window: Half-open lookback window.
        item_level: What an item id stands for, written to every row.
        threads: Threads of the miner; 0 takes every core.

    Raises:
        ConfigError: The support would give too much, or an id in the options is no item's.
    """
    minable = read_minable(engine, config, window)
    options, baskets = with_support(minable, config, thread_count(threads)), minable.baskets
    min_count = effective_min_count(options, baskets.basket_count)
    itemsets = mine_minable(minable, min_count, options, thread_count(threads))
    itemsets, item_ids = _in_order_of_ids(itemsets, minable.item_ids)
    is_whole = contain(itemsets, config.must_contain, item_ids)
    is_published = is_whole & is_target(itemsets, config.target)
    itemsets = itemsets.up_to_size(config.max_itemset_size)
    is_whole, is_published = (marks[: len(itemsets.counts)] for marks in (is_whole, is_published))
    thresholds = Thresholds(config.min_confidence, config.min_lift, baskets.basket_count)
    right = right_sides(config, item_ids, is_whole)
    rules = count_rules(itemsets, right, thresholds)
    lists = _lists(itemsets, item_ids)
    _load_itemsets(engine, itemsets, lists, is_published)
    _load_rules(engine, rules, lists, baskets.basket_count)
    message = None
    if len(rules.joint_counts) == 0:
        message = explain_no_rules(minable.searched, itemsets, right, options)
    elif options.min_support != config.min_support:
        message = f"mining.min_support auto took min_count {min_count:,}"
    labels: dict[str, Value] = {"grain": config.grain, "item_level": item_level}
    _build_tables(engine, {**labels, **window.values, "basket_count": baskets.basket_count})
    return RuleSummary(
        basket_count=baskets.basket_count,
        giant_basket_count=baskets.giant_basket_count,
        min_count=min_count,
        frequent_item_count=len(item_ids),
        itemset_count=int(is_published.sum()),
        rule_count=len(rules.joint_counts),
        message=message,
    )


def _build_tables(engine: Engine, values: Mapping[str, Value]) -> None:
    build(engine, "frequent_itemsets", values)
    build(engine, "measured_pairs", {"max_targets": NO_CUT})
    build(engine, "association_rules", values)
    engine.drop("mined_itemsets", "mined_rules", "mined_sides", "pair_counts", "measured_pairs")


def _in_order_of_ids(itemsets: Itemsets, item_ids: pa.Array) -> tuple[Itemsets, pa.Array]:
    """Give the items new codes that ascend with their ids; return the ids by new code."""
    item_codes = np.unique(itemsets.items)
    frequent_ids = item_ids.take(pa.array(item_codes))
    order = pc.sort_indices(frequent_ids)
    new_codes = np.zeros(len(item_ids), dtype=np.int32)
    new_codes[item_codes[order.to_numpy()]] = np.arange(len(item_codes))
    return relabel_items(itemsets, new_codes), frequent_ids.take(order)


def _lists(itemsets: Itemsets, item_ids: pa.Array) -> pa.Array:
    offsets = pa.array(itemsets.offsets.astype(np.int32))
    return pa.ListArray.from_arrays(offsets, item_ids.take(pa.array(itemsets.items)))


def _load_itemsets(
    engine: Engine, itemsets: Itemsets, lists: pa.Array, is_published: Bools
) -> None:
    columns = {"itemset": lists, "item_count": itemsets.sizes, "joint_count": itemsets.counts}
    engine.load("mined_itemsets", pa.table(columns).filter(pa.array(is_published)))


def _load_rules(engine: Engine, rules: RuleCounts, lists: pa.Array, basket_count: int) -> None:
    """Load the sides of the rules, and their counts in the form that measures are made from.

    All rules have one source code, so that they are ranked against each other; ties go to the
    shorter antecedent, then item ids, which is the order of the rules. What a rule says stands
    in `mined_rules`, a row for each rule, found by its code; each side is spelled out once.
    """
    rule_count = len(rules.joint_counts)
    codes = np.arange(rule_count)
    sides = {"antecedent_code": rules.antecedents, "consequent_code": rules.consequents}
    engine.load("mined_rules", pa.table({"rule_code": codes, **sides}))
    counts = {
        "source_code": np.zeros(rule_count, dtype=np.int64),
        "target_code": codes,
        "basket_count": np.full(rule_count, basket_count, dtype=np.int64),
        "source_count": rules.antecedent_counts,
        "target_count": rules.consequent_counts,
        "joint_count": rules.joint_counts,
        "person_count": pa.nulls(rule_count, pa.int64()),
        "target_place": codes,
        "p_value": pa.nulls(rule_count, pa.float64()),
        "q_value": pa.nulls(rule_count, pa.float64()),
    }
    engine.load("pair_counts", pa.table(counts))
    used = np.zeros(len(lists), dtype=np.bool_)
    used[rules.antecedents] = used[rules.consequents] = True
    side_codes = np.flatnonzero(used)
    side_lists = lists.take(pa.array(side_codes))
    texts = pc.binary_join(side_lists, ITEM_SEPARATOR)
    columns = {"side_code": side_codes, "item_ids": side_lists, "side_text": texts}
    engine.load("mined_sides", pa.table(columns))
