"""Tables of views and the purchases after them."""

from pipeline.names.schema import WINDOW, Column, Table, count, identifier, measure

VIEW_THEN_BOUGHT = Table(
    "view_then_bought",
    "one row per viewed item and bought item, plus an `other` and a `none` row per viewed item",
    ("source_item_id", "target_kind", "target_item_id"),
    (
        identifier("rule_id", "Stable id: the same row has it in every run."),
        identifier("source_item_id", "The item that was viewed."),
        Column(
            "target_kind",
            "string",
            "`own` (the viewed item itself), `item`, `other` (all items not listed), "
            "`none` (bought nothing).",
        ),
        identifier("target_item_id", "What was bought; NULL for other and none.", is_nullable=True),
        count("rank", "1 is best by pct_of_buyers; NULL for other and none.", is_nullable=True),
        count("n_viewers", "Visitors who viewed the source item and whose horizon has closed."),
        count("n_buyers", "Of these, visitors who bought anything within the horizon."),
        count(
            "n_target",
            "Of these, visitors who bought the target within the horizon; for `other` any "
            "unlisted item, for `none` nothing.",
        ),
        measure(
            "pct_of_buyers",
            "Percent of buyers whose last order inside the horizon was the target (an order of "
            "k items counts 1/k each); sums to 100 over own, item and other rows; NULL for none "
            "or without buyers.",
            is_nullable=True,
        ),
        measure("pct_of_buyers_low", "Wilson lower bound of pct_of_buyers.", is_nullable=True),
        measure("pct_of_buyers_high", "Wilson upper bound of pct_of_buyers.", is_nullable=True),
        measure(
            "pct_of_buyers_any",
            "Percent of buyers who bought the target at all; may sum above 100.",
            is_nullable=True,
        ),
        measure("pct_of_viewers", "Percent of viewers who bought the target: conversion."),
        measure(
            "lift_vs_base",
            "Share of viewers who bought the target / share of all visitors who bought it.",
            is_nullable=True,
        ),
        Column(
            "displayable",
            "boolean",
            "Enough buyers and a large enough share to print the percentage on a page.",
        ),
        measure("stitch_rate", "Share of views that could be joined to a customer."),
        Column("horizon", "string", "Time in which a purchase counts: days, or `session`."),
        *WINDOW,
    ),
    sort="source_item_id asc, target_kind = 'none' asc, target_kind = 'other' asc, rank asc",
    best="displayable desc, target_kind = 'item' desc, n_target desc, rule_id asc",
)
