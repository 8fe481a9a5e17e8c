"""Tables that say how two items belong together: in what order, instead of what."""

from pipeline.names.schema import WINDOW, Table, count, identifier, measure

_GAPS = (
    count("gap_lower_days", "Lower quartile of the gaps: a quarter of them is no longer."),
    count("gap_median_days", "Median of the gaps: half of them are no longer."),
    count("gap_upper_days", "Upper quartile of the gaps: three quarters of them are no longer."),
)

BOUGHT_NEXT = Table(
    "bought_next",
    "one row per source item and target item",
    ("source_item_id", "target_item_id"),
    (
        identifier("rule_id", "Stable id: the same pair has it in every run."),
        identifier("source_item_id", "The item that was bought first."),
        identifier("target_item_id", "The item that was bought on a later day."),
        count("rank", "1 is best within the source item: lift_low, joint_count, item id."),
        count("joint_count", "Of source_count, customers who bought the target in the gap."),
        count(
            "source_count",
            "Customers whose first purchase of the source leaves max_gap_days before as_of.",
        ),
        count(
            "baseline_target_count",
            "Of baseline_count, customers who bought the target on a later day, within "
            "max_gap_days of their first order.",
        ),
        count("baseline_count", "Customers whose first order leaves max_gap_days before as_of."),
        measure("confidence", "joint_count / source_count."),
        measure("confidence_low", "Lower bound of confidence (Wilson, 95 %)."),
        measure("confidence_high", "Upper bound of confidence (Wilson, 95 %)."),
        measure("baseline_share", "baseline_target_count / baseline_count."),
        measure("lift", "confidence / baseline_share; 1 = the source says nothing of the target."),
        measure("lift_low", "confidence_low / baseline_share: the score that ranks."),
        measure("p_value", "Chance of so high a joint_count if the source said nothing: binomial."),
        measure("q_value", "p_value corrected for all pairs that could have been published."),
        count("reverse_count", "Customers who bought the source after the target, counted alike."),
        measure(
            "direction_p_value",
            "Chance of so many of both counts in this direction if neither came first: binomial.",
        ),
        *_GAPS,
        count("max_gap_days", "Days after the source in which the target counts."),
        *WINDOW,
    ),
    sort="source_item_id asc, rank asc",
    best="lift_low desc, joint_count desc, rule_id asc",
)

REPURCHASE_CYCLE = Table(
    "repurchase_cycle",
    "one row per item that customers buy again",
    ("item_id",),
    (
        identifier("item_id", "The item."),
        count("gap_count", "Gaps in days between two purchases of it by one customer."),
        count("customer_count", "Customers who bought it on two days or more."),
        count("buyer_count", "Customers who bought it."),
        measure("repeat_share", "customer_count / buyer_count."),
        *_GAPS,
        *WINDOW,
    ),
    sort="item_id asc",
    best="gap_count desc, item_id asc",
)
