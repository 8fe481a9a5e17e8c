"""Measure rules on baskets that they were not mined from: does what was found hold up?"""

from dataclasses import replace

import numpy as np
import pyarrow as pa

from pipeline.mining.baskets import Baskets, Int32s, Int64s
from pipeline.mining.itemsets import Itemsets
from pipeline.mining.rule_counts import RuleCounts
from pipeline.mining.rule_customers import count_holders
from pipeline.mining.significance import p_values
from pipeline.mining.window import DAY_MICROSECONDS, Window

LEVEL = 0.05


def split_window(window: Window, holdout_days: int | None) -> tuple[Window, Window]:
    """Return the part of a window that is mined, and its last days, which are held out."""
    if holdout_days is None:
        return window, Window(window.end, window.end)
    cut = max(window.start, window.end - holdout_days * DAY_MICROSECONDS)
    return replace(window, end=cut), replace(window, start=cut)


def measure_holdout(
    rules: RuleCounts, itemsets: Itemsets, baskets: Baskets | None, item_codes: Int32s
) -> dict[str, pa.Array]:
    """Return `lift_holdout` and `held_up` of each rule.

    A rule held up if its sides are together more often than by chance once more: by Fisher's test
    at 5 %, so one in twenty rules that say nothing seems to. NULL where a side is in no basket.

    Args:
        rules: Rules mined from other baskets.
        itemsets: The itemsets that they name.
        baskets: The baskets held out; None where there are none.
        item_codes: Code in the baskets of each item of the itemsets.
    """
    count = len(rules.joint_counts)
    if baskets is None:
        return {
            "lift_holdout": pa.nulls(count, pa.float64()),
            "held_up": pa.nulls(count, pa.bool_()),
        }
    left, right, joint = (
        _counts(itemsets, rows, baskets, item_codes)
        for rows in (rules.antecedents, rules.consequents, rules.wholes)
    )
    is_known = (left > 0) & (right > 0)
    independent = np.where(is_known, left.astype(np.float64) * right, 1.0)
    lift = joint * float(baskets.basket_count) / independent
    held_up = p_values(joint, left, right, baskets.basket_count) <= LEVEL
    return {
        "lift_holdout": pa.array(lift, mask=~is_known),
        "held_up": pa.array(held_up, mask=~is_known),
    }


def _counts(itemsets: Itemsets, rows: Int32s, baskets: Baskets, item_codes: Int32s) -> Int64s:
    wanted, places = np.unique(rows, return_inverse=True)
    counts: Int64s = count_holders(baskets, item_codes, itemsets, wanted)[places, 0]
    return counts
