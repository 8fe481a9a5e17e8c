"""Baskets in, frequent itemsets and association rules out."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.config.mining_options import Mining
from pipeline.engine import Engine, Value
from pipeline.mining.baskets import Bools, read_baskets
from pipeline.mining.condensed import is_target
from pipeline.mining.item_limits import contain, find_items, with_items, without_items
from pipeline.mining.itemset_memory import check_memory
from pipeline.mining.itemsets import Itemsets, relabel_items
from pipeline.mining.nearest import explain_no_rules
from pipeline.mining.rule_counts import RuleCounts, Sides, Thresholds, count_rules
from pipeline.mining.steps import build
from pipeline.mining.threads import thread_count
from pipeline.mining.thresholds import effective_min_count
from pipeline.mining.wanted import mine_wanted
from pipeline.mining.window import Window

ITEM_SEPARATOR = "\x1e"
NO_CUT = 2**62


@dataclass(frozen=True)
class RuleSummary:
    """Figures of the stage.

    Attributes:
        basket_count: Baskets that were mined, single-item baskets included.
        giant_basket_count: Baskets left out because they hold too many items.
        min_count: Smallest number of baskets of an itemset.
        frequent_item_count: Items that reach it.
        itemset_count: Itemsets that are published, single items included.
        rule_count: Rules that reach the thresholds.
        message: Why there are no rules, and the nearest threshold that would give some; None
            where there are rules.
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
        ConfigError: The support would not fit in memory, or an id in the options is no item's.
    """
    all_ids = _item_ids(engine)
    must_contain = find_items("must_contain", config.must_contain, all_ids)
    must_not_contain = find_items("must_not_contain", config.must_not_contain, all_ids)
    baskets = without_items(read_baskets(engine, config, window), must_not_contain)
    searched = with_items(baskets, must_contain)
    min_count = effective_min_count(config, baskets.basket_count)
    check_memory(searched, min_count, config)
    itemsets = mine_wanted(baskets, must_contain, min_count, config, threads=thread_count(threads))
    itemsets, item_ids = _in_order_of_ids(itemsets, all_ids)
    is_whole = contain(itemsets, config.must_contain, item_ids)
    is_published = is_whole & is_target(itemsets, config.target)
    itemsets = itemsets.up_to_size(config.max_itemset_size)
    is_whole, is_published = (marks[: len(itemsets.counts)] for marks in (is_whole, is_published))
    thresholds = Thresholds(config.min_confidence, config.min_lift, baskets.basket_count)
    right = _right_sides(config, item_ids, all_ids, is_whole)
    rules = count_rules(itemsets, right, thresholds)
    lists = _lists(itemsets, item_ids)
    _load_itemsets(engine, itemsets, lists, is_published)
    _load_rules(engine, rules, lists, baskets.basket_count)
    message = None
    if len(rules.joint_counts) == 0:
        message = explain_no_rules(searched, itemsets, right, config)
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


def _item_ids(engine: Engine) -> pa.Array:
    """Return the item ids by item code."""
    batches = list(engine.batches("select item_id from items order by item_code asc"))
    return pa.chunked_array([batch["item_id"] for batch in batches], pa.string()).combine_chunks()


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


def _right_sides(config: Mining, item_ids: pa.Array, all_ids: pa.Array, is_whole: Bools) -> Sides:
    """Return what may stand on the right, by the codes that ascend with the ids."""
    if not config.consequents:
        return Sides(config.max_consequent_size, is_whole=is_whole)
    find_items("consequents", config.consequents, all_ids)
    is_allowed = pc.is_in(item_ids, pa.array(config.consequents, pa.string()))
    return Sides(config.max_consequent_size, is_allowed.to_numpy(zero_copy_only=False), is_whole)


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
