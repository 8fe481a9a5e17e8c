"""Why a result is empty, and the nearest threshold that would give one."""

import numpy as np

from pipeline.config.mining_options import Mining
from pipeline.mining.baskets import Baskets, keep_frequent_items
from pipeline.mining.itemsets import Itemsets
from pipeline.mining.rule_counts import RuleCounts, Sides, Thresholds, count_rules
from pipeline.mining.sparse_pairs import ITEMS_PER_SLICE, joint_counts_by_slice, presence_matrix
from pipeline.mining.thresholds import effective_min_count, rounded_down

LOOKED_AT = 500_000
"""Of more itemsets the rules below the thresholds are not looked at."""


def explain_no_rules(baskets: Baskets, itemsets: Itemsets, right: Sides, config: Mining) -> str:
    """Return why there are no rules and what would give some."""
    if baskets.basket_count == 0:
        return _no_basket(baskets, config)
    if len(itemsets.counts) == 0:
        return _no_item(baskets, config)
    if len(itemsets.of_size(2)) == 0:
        return _no_pair(baskets, config)
    return _no_rule(itemsets, right, config, baskets.basket_count)


def _no_basket(baskets: Baskets, config: Mining) -> str:
    if baskets.giant_basket_count == 0:
        return "no basket lies inside the window: check mining.lookback_days and as_of"
    return (
        f"every basket holds more than {config.max_basket_items} items: "
        "raise mining.max_basket_items"
    )


def _no_item(baskets: Baskets, config: Mining) -> str:
    highest = int(baskets.item_counts.max(initial=0))
    if not config.must_contain:
        return _too_rare(baskets, config, "no item is", highest)
    if highest == 0:
        return "no basket holds every item of mining.must_contain"
    return _too_rare(baskets, config, "the items of mining.must_contain are not together", highest)


def _too_rare(baskets: Baskets, config: Mining, subject: str, highest: int) -> str:
    min_count = effective_min_count(config, baskets.basket_count)
    return (
        f"{subject} in {min_count:,} of {baskets.basket_count:,} baskets: "
        f"{_as_threshold(highest, baskets.basket_count, config)} would give one itemset or more"
    )


def _as_threshold(count: int, basket_count: int, config: Mining) -> str:
    if config.min_support is None:
        return f"mining.min_count {count}"
    return f"mining.min_support {rounded_down(count, basket_count)}"


def _no_pair(baskets: Baskets, config: Mining) -> str:
    if config.max_itemset_size == 1:
        return "itemsets of one item give no rules: raise mining.max_itemset_size to 2 or more"
    highest = largest_joint_count(baskets)
    if highest == 0:
        return "no basket holds two items: there is nothing to relate"
    return _too_rare(baskets, config, "no two items are together", highest)


def largest_joint_count(baskets: Baskets) -> int:
    """Return in how many baskets the most frequent pair of items is; 0 where there is none."""
    ordered, item_codes = keep_frequent_items(baskets, 1)
    largest = 0
    counts = ordered.item_counts
    for start, joint in joint_counts_by_slice(presence_matrix(ordered, len(item_codes))):
        is_pair = joint.row + start != joint.col
        largest = max(largest, int(joint.data[is_pair].max(initial=0)))
        following = start + ITEMS_PER_SLICE
        if following >= len(counts) or counts[following] <= largest:
            break
    return largest


def _no_rule(itemsets: Itemsets, right: Sides, config: Mining, basket_count: int) -> str:
    if len(itemsets.counts) > LOOKED_AT:
        return "no rule reaches mining.min_confidence and mining.min_lift: lower them"
    every = count_rules(itemsets, right, Thresholds(0.0, 0.0, basket_count))
    if len(every.joint_counts) == 0:
        return "no frequent itemset of two items or more holds one of mining.consequents"
    asked = Thresholds(config.min_confidence, config.min_lift, basket_count)
    confident, lifted = every.kept(asked.has_confidence(every)), every.kept(asked.has_lift(every))
    if len(lifted.joint_counts) > 0:
        return f"no rule is confident enough: {_confidence(lifted)} would give one rule or more"
    if len(confident.joint_counts) > 0:
        lift = _lift(confident, basket_count)
        return f"no rule has enough lift: {lift} would give one rule or more"
    both = f"{_lift(every, basket_count)} with mining.min_confidence 0"
    return f"no rule reaches both thresholds: {both} would give one rule or more"


def _confidence(rules: RuleCounts) -> str:
    best = int(np.argmax(rules.joint_counts / rules.antecedent_counts))
    highest = rounded_down(int(rules.joint_counts[best]), int(rules.antecedent_counts[best]))
    return f"mining.min_confidence {highest}"


def _lift(rules: RuleCounts, basket_count: int) -> str:
    independent = rules.antecedent_counts.astype(np.float64) * rules.consequent_counts
    best = int(np.argmax(rules.joint_counts / independent))
    sides = int(rules.antecedent_counts[best]) * int(rules.consequent_counts[best])
    return f"mining.min_lift {rounded_down(int(rules.joint_counts[best]) * basket_count, sides)}"
