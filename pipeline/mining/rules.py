"""Baskets in, frequent itemsets and association rules out."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.config.mining_options import Mining
from pipeline.engine import Engine, Value
from pipeline.mining.baskets import read_baskets
from pipeline.mining.holdout import measure_holdout, split_window
from pipeline.mining.itemset_rows import build_itemsets, lists_of
from pipeline.mining.minable import right_sides
from pipeline.mining.mined import Mined, mine_window
from pipeline.mining.nearest import explain_no_rules
from pipeline.mining.rule_counts import RuleCounts, Sides, Thresholds, count_rules
from pipeline.mining.rule_customers import count_customers
from pipeline.mining.rule_tests import FILTERS, CandidateItems, RuleTests, TestedRules
from pipeline.mining.steps import build
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
        candidate_rule_count: Rules that reach the thresholds.
        few_customer_rule_count: Of these, left out for too few customers behind them.
        insignificant_rule_count: Left out for their q-value.
        unproductive_rule_count: Left out because they do not beat some sub-rule.
        redundant_rule_count: Left out because some sub-rule has at least their confidence.
        rule_count: Rules that are left.
        message: Why there are no rules, and the nearest threshold that would give some; which
            count `auto` took; None where neither is so.
    """

    basket_count: int
    giant_basket_count: int
    min_count: int
    frequent_item_count: int
    itemset_count: int
    candidate_rule_count: int
    few_customer_rule_count: int
    insignificant_rule_count: int
    unproductive_rule_count: int
    redundant_rule_count: int
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
    window, held_out = split_window(window, config.holdout_days)
    mined = mine_window(engine, config, window, threads)
    basket_count = mined.baskets.basket_count
    right = right_sides(config, mined.item_ids, mined.is_whole)
    thresholds = Thresholds(config.min_confidence, config.min_lift, basket_count)
    rules = count_rules(mined.itemsets, right, thresholds)
    found = _test(mined, rules, config)
    later = read_baskets(engine, config, held_out) if config.holdout_days else None
    _load_rules(
        engine,
        mined,
        found,
        measure_holdout(found.rules, mined.itemsets, later, mined.item_codes),
    )
    labels: dict[str, Value] = {"grain": config.grain, "item_level": item_level}
    values = {**labels, **window.values, "basket_count": basket_count}
    build_itemsets(engine, mined.itemsets, mined.item_ids, mined.is_published, values=values)
    _build_tables(engine, values)
    return RuleSummary(
        basket_count=basket_count,
        giant_basket_count=mined.baskets.giant_basket_count,
        min_count=mined.min_count,
        frequent_item_count=len(mined.item_ids),
        itemset_count=int(mined.is_published.sum()),
        candidate_rule_count=len(rules.joint_counts),
        **{f"{reason}_rule_count": found.left_out.get(reason, 0) for reason in FILTERS},
        rule_count=len(found.rules.joint_counts),
        message=_message(mined, found, right, config),
    )


def _test(mined: Mined, rules: RuleCounts, config: Mining) -> TestedRules:
    items = CandidateItems.of(mined, config)
    customers_of = partial(count_customers, mined.baskets, mined.item_codes)
    basket_count = mined.baskets.basket_count
    return RuleTests(mined.itemsets, items, customers_of, basket_count, config).run(rules)


def _message(mined: Mined, found: TestedRules, right: Sides, config: Mining) -> str | None:
    """Return why there are no rules, or which count `auto` took."""
    left_out = sum(found.left_out.values())
    if len(found.rules.joint_counts) + left_out == 0:
        return explain_no_rules(mined.minable.searched, mined.itemsets, right, mined.options)
    if len(found.rules.joint_counts) == 0:
        return (
            f"{left_out:,} rules reach the thresholds and none is left: mining.max_q_value null "
            "with mining.only_productive false and mining.min_customers 0 would keep them"
        )
    if mined.options.min_support != config.min_support:
        return f"mining.min_support auto took min_count {mined.min_count:,}"
    return None


def _build_tables(engine: Engine, values: Mapping[str, Value]) -> None:
    build(engine, "measured_pairs", {"max_targets": NO_CUT})
    build(engine, "association_rules", values)
    engine.drop("mined_rules", "mined_sides", "pair_counts", "measured_pairs")


def _load_rules(
    engine: Engine, mined: Mined, found: TestedRules, seen_later: Mapping[str, pa.Array]
) -> None:
    """Load the sides of the rules, and their counts in the form that measures are made from.

    All rules have one source code, so that they are ranked against each other; ties go to the
    shorter antecedent, then item ids, which is the order of the rules. What a rule says stands
    in `mined_rules`, a row for each rule, found by its code; each side is spelled out once.
    """
    rules, columns = found.rules, found.columns
    rule_count = len(rules.joint_counts)
    codes = np.arange(rule_count)
    sides = {"antecedent_code": rules.antecedents, "consequent_code": rules.consequents}
    marks = {name: columns[name] for name in ("is_productive", "is_redundant")}
    engine.load("mined_rules", pa.table({"rule_code": codes, **sides, **marks, **seen_later}))
    counts = {
        "source_code": np.zeros(rule_count, dtype=np.int64),
        "target_code": codes,
        "basket_count": np.full(rule_count, mined.baskets.basket_count, dtype=np.int64),
        "source_count": rules.antecedent_counts,
        "target_count": rules.consequent_counts,
        "joint_count": rules.joint_counts,
        "person_count": columns.get("customer_count", pa.nulls(rule_count, pa.int64())),
        "target_place": codes,
        "p_value": columns["p_value"],
        "q_value": columns["q_value"],
    }
    engine.load("pair_counts", pa.table(counts))
    _load_sides(engine, mined, rules)


def _load_sides(engine: Engine, mined: Mined, rules: RuleCounts) -> None:
    """Load the itemsets that are a side of some rule, each spelled out once."""
    is_used = np.zeros(len(mined.itemsets.counts), dtype=np.bool_)
    is_used[rules.antecedents] = is_used[rules.consequents] = True
    side_codes = np.flatnonzero(is_used)
    lists = lists_of(mined.itemsets, side_codes, mined.item_ids)
    texts = pc.binary_join(lists, ITEM_SEPARATOR)
    columns = {"side_code": side_codes, "item_ids": lists, "side_text": texts}
    engine.load("mined_sides", pa.table(columns))
