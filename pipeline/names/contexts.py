"""Tables of rules in their context."""

from pipeline.names.schema import WINDOW, Column, Table, count, identifier, measure

_RATIO = "ln(a d / (b c)) of the 2x2 table, half an order added to each cell"

CONTEXT_RULES = Table(
    "context_rules",
    "one row per rule between two items and part of a context in which the rule is another one",
    ("rule_id", "context", "value"),
    (
        identifier("rule_id", "The rule in association_rules."),
        Column("context", "string", "What parts the orders: `weekend`, `store` ..."),
        Column("value", "string", "The part: `weekday`, a store ..."),
        Column("antecedent", "list<string>", "Item id of the left side."),
        Column("consequent", "list<string>", "Item id of the right side."),
        count("rank", "1 is best: the clearest difference, then the rank of the rule."),
        count("joint_count", "Orders of the part with both items."),
        count("antecedent_count", "Orders of the part with the antecedent."),
        count("consequent_count", "Orders of the part with the consequent."),
        count("basket_count", "Orders of the part."),
        count("outside_joint_count", "Orders of the other parts with both items."),
        count("outside_antecedent_count", "Orders of the other parts with the antecedent."),
        count("outside_consequent_count", "Orders of the other parts with the consequent."),
        count("outside_basket_count", "Orders of the other parts; unknown ones are in neither."),
        count(
            "customer_count",
            "Distinct customers behind joint_count; NULL where none is known.",
            is_nullable=True,
        ),
        count(
            "outside_customer_count",
            "Distinct customers behind outside_joint_count; NULL where none is known.",
            is_nullable=True,
        ),
        measure("confidence", "joint_count / antecedent_count."),
        measure("outside_confidence", "The same outside the part."),
        measure("lift", "confidence / share of the part's orders with the consequent."),
        measure("outside_lift", "The same outside the part."),
        measure("log_odds_ratio", f"{_RATIO}; 0 = independent."),
        measure("outside_log_odds_ratio", "The same outside the part."),
        measure("difference", "log_odds_ratio - outside_log_odds_ratio."),
        measure("z_score", "difference in standard errors; above 0 the rule is stronger inside."),
        measure("p_value", "Chance of a z_score at least so far from 0, were there no difference."),
        measure("q_value", "p_value corrected for all tests of the run (Benjamini-Hochberg)."),
        Column(
            "is_simpson",
            "boolean",
            "Whether the link has the other direction in every tested part than over all.",
        ),
        *WINDOW,
    ),
    sort="rank asc",
    best="rank asc",
)
