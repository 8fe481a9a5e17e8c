"""How many days customers let pass until they buy the same item again."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from pipeline.config.family_options import RepurchaseCycle
from pipeline.engine import Engine, Value
from pipeline.mining.baskets import Int64s, distinct
from pipeline.mining.customer_steps import CustomerSteps, read_steps
from pipeline.mining.keys import is_first, packed
from pipeline.mining.steps import build
from pipeline.mining.window import Window

_EVERYBODY = 2**62
_GAP_BITS = 32


@dataclass(frozen=True)
class RepurchaseSummary:
    """What went into `repurchase_cycle` and what came out.

    Attributes:
        customer_count: Customers with a sale line in the window.
        gap_count: Gaps between two purchases of one item by one customer.
        row_count: Rows of the published table.
    """

    customer_count: int
    gap_count: int
    row_count: int


def build_repurchase_cycle(
    engine: Engine, options: RepurchaseCycle, window: Window, item_level: str
) -> RepurchaseSummary:
    """Build `repurchase_cycle`: from sale lines to one row per item that is bought again.

    Args:
        engine: Holds `sale_lines` and `items`.
        options: How many gaps and customers are enough.
        window: Sale lines inside it count.
        item_level: What an item is.

    Returns:
        The counts that the run summary shows.
    """
    steps = read_steps(engine, window, _EVERYBODY)
    engine.load("item_gaps", _item_gaps(steps))
    values: dict[str, Value] = {**options.model_dump(), "item_level": item_level, **window.values}
    row_count = build(engine, "repurchase_cycle", values)
    engine.drop("item_gaps")
    return RepurchaseSummary(steps.customer_count, int((steps.gaps > 0).sum()), row_count)


def _item_gaps(steps: CustomerSteps) -> pa.Table:
    """Return a row per item with a gap: its code, counts and the quartiles of its gaps in days."""
    is_repeat = steps.gaps > 0
    gaps, items = steps.gaps[is_repeat], steps.items[is_repeat]
    keys = items.astype(np.int64) << _GAP_BITS | gaps
    keys.sort()  # one sort of numbers, far quicker than one by two columns
    begins = np.flatnonzero(is_first(keys >> _GAP_BITS))
    codes, counts = keys[begins] >> _GAP_BITS, np.diff(np.append(begins, len(keys)))
    width = int(steps.items.max(initial=0)) + 1
    people = distinct(packed(steps.customers[is_repeat], items, width)) % width
    lower, median, upper = (
        keys[begins + (counts * quarter + 3) // 4 - 1] & ((1 << _GAP_BITS) - 1)
        for quarter in (1, 2, 3)
    )
    return pa.table(
        {
            "item_code": codes,
            "gap_count": counts,
            "customer_count": np.bincount(people, minlength=width)[codes],
            "buyer_count": _buyer_counts(steps, width)[codes],
            "gap_lower_days": lower,
            "gap_median_days": median,
            "gap_upper_days": upper,
        }
    )


def _buyer_counts(steps: CustomerSteps, width: int) -> Int64s:
    return np.bincount(steps.items[steps.gaps == 0], minlength=width)
