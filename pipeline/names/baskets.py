"""Tables of baskets: itemsets, rules, and what goes with what."""

from dataclasses import replace

from pipeline.names.schema import (
    MEASURES,
    RULE_ID,
    SIGNIFICANCE,
    WINDOW,
    Column,
    Table,
    count,
    identifier,
    measure,
)

_DECAYED = (
    measure(
        "decayed_weight",
        "joint_count with each basket weighed by its age; NULL without a half-life.",
        is_nullable=True,
    ),
    measure(
        "decayed_lift_low",
        "lift_low from weights in place of counts: it ranks where there is a half-life.",
        is_nullable=True,
    ),
)

FREQUENT_ITEMSETS = Table(
    "frequent_itemsets",
    "one row per itemset that reaches the minimum count",
    ("itemset",),
    (
        Column("itemset", "list<string>", "Item ids in ascending order."),
        count("item_count", "Number of items in the itemset."),
        count("joint_count", "Baskets that hold every item of the itemset."),
        count("basket_count", "All baskets, single-item baskets included."),
        measure("support", "joint_count / basket_count."),
        Column("grain", "string", "What a basket is: `order`, `customer_day` or `customer`."),
        *WINDOW,
    ),
    sort="item_count asc, joint_count desc, itemset asc",
    best="(item_count > 1) desc, joint_count desc, itemset asc",
)

ASSOCIATION_RULES = Table(
    "association_rules",
    "one row per rule antecedent -> consequent",
    ("rule_id",),
    (
        identifier("rule_id", "Stable id: the same rule has it in every run."),
        Column("antecedent", "list<string>", "Item ids of the left side, ascending."),
        Column("consequent", "list<string>", "Item ids of the right side, ascending."),
        count("rank", "1 is best: highest lift_low, joint_count, shorter antecedent, item ids."),
        count("joint_count", "Baskets with both sides."),
        count("antecedent_count", "Baskets with the antecedent."),
        count("consequent_count", "Baskets with the consequent."),
        count("basket_count", "All baskets, single-item baskets included."),
        count("customer_count", "Distinct known customers behind joint_count.", is_nullable=True),
        *MEASURES,
        *SIGNIFICANCE,
        Column(
            "is_productive",
            "boolean",
            "Beats every rule with one item less on the left side by Fisher's test.",
        ),
        Column(
            "is_redundant",
            "boolean",
            "Some rule with a part of the left side has at least the same confidence.",
        ),
        measure(
            "lift_holdout",
            "Lift in the days held out; NULL without such days or where a side is not in them.",
            is_nullable=True,
        ),
        Column(
            "held_up",
            "boolean",
            "Together more often than by chance in the days held out too (p at most .05).",
            is_nullable=True,
        ),
        *_DECAYED,
        Column("grain", "string", "What a basket is: `order`, `customer_day` or `customer`."),
        *WINDOW,
    ),
    sort="rank asc",
    best="rank asc",
)


def _association(name: str, basket: str, person: str, extra: tuple[Column, ...]) -> Table:
    return Table(
        name,
        "one row per source item and target item",
        ("source_item_id", "target_item_id"),
        (
            RULE_ID,
            identifier("source_item_id", "The item whose page is looked at."),
            identifier("target_item_id", "The item to show beside it."),
            count("rank", "1 is best within the source item."),
            count("joint_count", f"{basket} with both items."),
            count("source_count", f"{basket} with the source item."),
            count("target_count", f"{basket} with the target item."),
            count("basket_count", f"All {basket.lower()}."),
            count(
                f"{person}_count",
                f"Distinct {person}s behind joint_count.",
                is_nullable=person == "customer",
            ),
            *MEASURES,
            *SIGNIFICANCE,
            *extra,
            *WINDOW,
        ),
        sort="source_item_id asc, rank asc",
        best="lift_low desc, joint_count desc, rule_id asc",
    )


ALSO_BOUGHT = _association(
    "also_bought",
    "Baskets",
    "customer",
    (
        *_DECAYED,
        Column("grain", "string", "What a basket is: `customer`, `customer_day` or `order`."),
    ),
)


def _at_level(name: str, item: str) -> Table:
    """Return `also_bought` with an item that is something coarser than the run's."""
    grain = f"one row per source {item} and target {item}"
    return replace(ALSO_BOUGHT, name=name, grain=grain, has_own_ids=True)


ALSO_BOUGHT_PRODUCT = _at_level("also_bought_product", "product")
ALSO_BOUGHT_CATEGORY = _at_level("also_bought_category", "category")

ALSO_VIEWED = _association(
    "also_viewed",
    "Sessions",
    "visitor",
    (
        Column("grain", "string", "What a basket is: `session` or `visitor_day`."),
        Column(
            "is_after_only",
            "boolean",
            "True where joint_count holds only sessions that saw the target after the source.",
        ),
    ),
)
