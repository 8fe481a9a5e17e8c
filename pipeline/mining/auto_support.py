"""Choose the minimum count by the number of rules that it gives."""

from collections.abc import Callable

import numpy as np

from pipeline.config.mining_options import Mining
from pipeline.mining.baskets import Int64s
from pipeline.mining.expected import Search
from pipeline.mining.item_limits import contain
from pipeline.mining.itemsets import TooManyItemsetsError
from pipeline.mining.minable import Minable, mine_searched, right_sides
from pipeline.mining.planner import is_within
from pipeline.mining.rule_counts import Thresholds, count_rules

FEWEST_BASKETS = 2
"""What was seen in a single basket is no pattern."""


def with_support(minable: Minable, config: Mining, threads: int) -> Mining:
    """Return the options with a minimum count in place of `auto`; others as they are."""
    if config.min_support != "auto":
        return config

    def joint_counts(min_count: int) -> Int64s | None:
        return _joint_counts(minable, min_count, config, threads)

    highest = int(minable.searched.item_counts.max(initial=FEWEST_BASKETS))
    chosen = choose_count(joint_counts, max(highest, FEWEST_BASKETS), config.wanted_rules)
    return config.model_copy(update={"min_support": None, "min_count": chosen})


def _joint_counts(minable: Minable, min_count: int, config: Mining, threads: int) -> Int64s | None:
    """Return the joint counts of the rules; None where there are too many itemsets."""
    search = Search(minable.searched, min_count, config, threads)
    if not is_within(search, config):
        return None
    try:
        itemsets = mine_searched(minable, config, threads, search)
    except TooManyItemsetsError:
        return None
    itemsets = itemsets.up_to_size(config.max_itemset_size)
    is_whole = contain(itemsets, config.must_contain, minable.item_ids)
    right = right_sides(config, minable.item_ids, is_whole)
    basket_count = minable.baskets.basket_count
    thresholds = Thresholds(config.min_confidence, config.min_lift, basket_count)
    return count_rules(itemsets, right, thresholds).joint_counts


def choose_count(joint_counts: Callable[[int], Int64s | None], highest: int, wanted: int) -> int:
    """Return the highest minimum count that gives a number of rules, else the lowest that fits.

    Whether a rule is one does not depend on the minimum count that its joint count reaches. So
    one look below the answer tells it: the joint count of the last rule that is wanted.

    Args:
        joint_counts: Gives the joint counts of the rules at a minimum count, or None where these
            are too many to find.
        highest: The first count to look at.
        wanted: Number of rules.
    """
    enough, count = highest + 1, highest
    while (found := joint_counts(count)) is not None:
        if len(found) >= wanted:
            return _last_wanted(found, wanted)
        if count == FEWEST_BASKETS:
            return count
        enough, count = count, max(FEWEST_BASKETS, count // 2)
    too_low = count
    while enough > too_low + 1:
        middle = (too_low + enough) // 2
        found = joint_counts(middle)
        if found is None:
            too_low = middle
        elif len(found) >= wanted:
            return _last_wanted(found, wanted)
        else:
            enough = middle
    return enough


def _last_wanted(joint_counts: Int64s, wanted: int) -> int:
    place = len(joint_counts) - wanted
    return int(np.partition(joint_counts, place)[place])
