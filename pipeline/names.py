"""Names of every published table and column, with type, unit and meaning.

The Parquet schema, `docs/tables.md` and the audits are all derived from this module.
"""

from dataclasses import dataclass
from typing import Literal

ColumnType = Literal["string", "list<string>", "int64", "float64", "boolean", "timestamp"]


@dataclass(frozen=True)
class Column:
    """One published column: its name, type, whether it may be NULL, and what it means."""

    name: str
    type: ColumnType
    meaning: str
    is_nullable: bool = False


@dataclass(frozen=True)
class Table:
    """One published table.

    Attributes:
        name: Its name, and that of its file.
        grain: What one row is.
        key: Columns that are unique together.
        columns: Its columns in order.
        sort: Order of the rows in the file, as SQL.
        best: Order that puts the rows an analyst wants to see first, as SQL.
    """

    name: str
    grain: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    sort: str
    best: str

    @property
    def column_names(self) -> tuple[str, ...]:
        """Column names in the order in which they are written."""
        return tuple(column.name for column in self.columns)


def _count(name: str, meaning: str, *, is_nullable: bool = False) -> Column:
    return Column(name, "int64", meaning, is_nullable)


def _measure(name: str, meaning: str, *, is_nullable: bool = False) -> Column:
    return Column(name, "float64", meaning, is_nullable)


def _id(name: str, meaning: str, *, is_nullable: bool = False) -> Column:
    return Column(name, "string", meaning, is_nullable)


def _at(name: str, meaning: str, *, is_nullable: bool = False) -> Column:
    return Column(name, "timestamp", meaning, is_nullable)


ITEM_LEVEL = Column("item_level", "string", "What an item is: `sku`, `product` or `category`.")
WINDOW = (
    ITEM_LEVEL,
    _at("window_start", "First instant of the lookback window (inclusive)."),
    _at("window_end", "End of the lookback window (exclusive): the run's `as_of`."),
)

MEASURES = (
    _measure("support", "joint_count / basket_count."),
    _measure("confidence", "joint_count / count of the left side."),
    _measure("lift", "confidence / share of baskets with the right side; 1 = independent."),
    _measure("leverage", "support minus the support expected under independence."),
    _measure(
        "conviction",
        "(1 - share of the right side) / (1 - confidence); NULL at confidence 1.",
        is_nullable=True,
    ),
    _measure("zhang", "Zhang's measure, -1 to 1; 0 where its denominator is 0."),
    _measure("jaccard", "joint_count / baskets with either side."),
    _measure("cosine", "joint_count / square root of the product of both counts."),
    _measure("kulczynski", "Mean of the confidences in both directions."),
    _measure("imbalance", "Difference of both counts / baskets with either side."),
    _measure("confidence_low", "Lower bound of confidence (Wilson, 95 %)."),
    _measure("confidence_high", "Upper bound of confidence (Wilson, 95 %)."),
    _measure("lift_low", "confidence_low / share of the right side: the score that ranks."),
    _measure(
        "log_likelihood",
        "G2 of the 2x2 table, negative where the pair is rarer than expected.",
    ),
)

FREQUENT_ITEMSETS = Table(
    "frequent_itemsets",
    "one row per itemset that reaches the minimum count",
    ("itemset",),
    (
        Column("itemset", "list<string>", "Item ids in ascending order."),
        _count("item_count", "Number of items in the itemset."),
        _count("joint_count", "Baskets that hold every item of the itemset."),
        _count("basket_count", "All baskets, single-item baskets included."),
        _measure("support", "joint_count / basket_count."),
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
        _id("rule_id", "Stable id: the same rule has it in every run."),
        Column("antecedent", "list<string>", "Item ids of the left side, ascending."),
        Column("consequent", "list<string>", "Item ids of the right side, ascending."),
        _count("rank", "1 is best: highest lift_low, joint_count, shorter antecedent, item ids."),
        _count("joint_count", "Baskets with both sides."),
        _count("antecedent_count", "Baskets with the antecedent."),
        _count("consequent_count", "Baskets with the consequent."),
        _count("basket_count", "All baskets, single-item baskets included."),
        *MEASURES,
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
            _id("rule_id", "Stable id: the same pair has it in every run."),
            _id("source_item_id", "The item whose page is looked at."),
            _id("target_item_id", "The item to show beside it."),
            _count("rank", "1 is best within the source item."),
            _count("joint_count", f"{basket} with both items."),
            _count("source_count", f"{basket} with the source item."),
            _count("target_count", f"{basket} with the target item."),
            _count("basket_count", f"All {basket.lower()}."),
            _count(
                f"{person}_count",
                f"Distinct {person}s behind joint_count.",
                is_nullable=person == "customer",
            ),
            *MEASURES,
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
    (Column("grain", "string", "What a basket is: `customer`, `customer_day` or `order`."),),
)

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

VIEW_THEN_BOUGHT = Table(
    "view_then_bought",
    "one row per viewed item and bought item, plus an `other` and a `none` row per viewed item",
    ("source_item_id", "target_kind", "target_item_id"),
    (
        _id("rule_id", "Stable id: the same row has it in every run."),
        _id("source_item_id", "The item that was viewed."),
        Column(
            "target_kind",
            "string",
            "`own` (the viewed item itself), `item`, `other` (all items not listed), "
            "`none` (bought nothing).",
        ),
        _id("target_item_id", "What was bought; NULL for other and none.", is_nullable=True),
        _count("rank", "1 is best by pct_of_buyers; NULL for other and none.", is_nullable=True),
        _count("n_viewers", "Visitors who viewed the source item and whose horizon has closed."),
        _count("n_buyers", "Of these, visitors who bought anything within the horizon."),
        _count(
            "n_target",
            "Of these, visitors who bought the target within the horizon; for `other` any "
            "unlisted item, for `none` nothing.",
        ),
        _measure(
            "pct_of_buyers",
            "Percent of buyers whose last order inside the horizon was the target (an order of "
            "k items counts 1/k each); sums to 100 over own, item and other rows; NULL for none "
            "or without buyers.",
            is_nullable=True,
        ),
        _measure("pct_of_buyers_low", "Wilson lower bound of pct_of_buyers.", is_nullable=True),
        _measure("pct_of_buyers_high", "Wilson upper bound of pct_of_buyers.", is_nullable=True),
        _measure(
            "pct_of_buyers_any",
            "Percent of buyers who bought the target at all; may sum above 100.",
            is_nullable=True,
        ),
        _measure("pct_of_viewers", "Percent of viewers who bought the target: conversion."),
        _measure(
            "lift_vs_base",
            "Share of viewers who bought the target / share of all visitors who bought it.",
            is_nullable=True,
        ),
        Column(
            "displayable",
            "boolean",
            "Enough buyers and a large enough share to print the percentage on a page.",
        ),
        _measure("stitch_rate", "Share of views that could be joined to a customer."),
        Column("horizon", "string", "Time in which a purchase counts: days, or `session`."),
        *WINDOW,
    ),
    sort="source_item_id asc, target_kind = 'none' asc, target_kind = 'other' asc, rank asc",
    best="displayable desc, target_kind = 'item' desc, n_target desc, rule_id asc",
)

RFM_SEGMENTS = Table(
    "rfm_segments",
    "one row per customer with an order in the window",
    ("customer_id",),
    (
        _id("customer_id", "The customer."),
        _count("recency_days", "Whole days from the last order to as_of."),
        _count("frequency", "Orders in the window."),
        _measure(
            "monetary",
            "Net sum (or mean, by option) of the orders; NULL without prices.",
            is_nullable=True,
        ),
        _count("recency_score", "1 (worst) to 5 (best); equal values have equal scores."),
        _count("frequency_score", "1 (worst) to 5 (best); equal values have equal scores."),
        _count("monetary_score", "1 (worst) to 5 (best); NULL without prices.", is_nullable=True),
        Column("segment", "string", "Name of the segment that holds the R and F scores."),
        _at("last_order_at", "Instant of the last order."),
        _at("window_start", "First instant of the lookback window (inclusive)."),
        _at("window_end", "End of the lookback window (exclusive): the run's `as_of`."),
    ),
    sort="customer_id asc",
    best="recency_score desc, frequency_score desc, monetary desc nulls last, customer_id asc",
)

ITEM_STATS = Table(
    "item_stats",
    "one row per item that the orders, the browse log or the catalogue names",
    ("item_id",),
    (
        _id("item_id", "The item."),
        Column("name", "string", "Name in the catalogue.", is_nullable=True),
        Column("category", "string", "Category path in the catalogue.", is_nullable=True),
        Column("brand", "string", "Brand in the catalogue.", is_nullable=True),
        _measure("price", "Price in the catalogue.", is_nullable=True),
        _count("stock", "Stock in the catalogue.", is_nullable=True),
        _count("order_count", "Orders that hold the item."),
        _count("customer_count", "Known customers who bought it."),
        _measure("quantity", "Net quantity sold."),
        _measure("revenue", "Net sum of its sale lines; NULL without prices.", is_nullable=True),
        _at("first_sold_at", "First sale.", is_nullable=True),
        _at("last_sold_at", "Last sale.", is_nullable=True),
        _count("view_count", "Views of it, reloads included."),
        _count("visitor_count", "Visitors who viewed it."),
        ITEM_LEVEL,
    ),
    sort="item_id asc",
    best="order_count desc, item_id asc",
)

QUARANTINE = Table(
    "quarantine",
    "one row per physical line that could not be read",
    ("source", "file", "line"),
    (
        Column("source", "string", "`orders`, `events` or `catalogue`."),
        Column("file", "string", "Input file, relative to the configuration."),
        _count("line", "Line in the file (row number for Parquet), from 1."),
        Column("reason", "string", "Why the line was rejected."),
        Column("raw_text", "string", "The line as it stands in the file."),
    ),
    sort="source asc, file asc, line asc",
    best="source asc, file asc, line asc",
)

RUN_SUMMARY = Table(
    "run_summary",
    "one row per figure of the run",
    ("section", "subject", "name"),
    (
        Column("section", "string", "`input`, `cleaning`, `baskets` or `tables`."),
        Column("subject", "string", "The source or table that the figure is about."),
        Column("name", "string", "What is counted."),
        _count("count", "The figure, where it is a count.", is_nullable=True),
        _measure("share", "The figure, where it is a share between 0 and 1.", is_nullable=True),
    ),
    sort="section asc, subject asc, name asc",
    best="section asc, subject asc, name asc",
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        FREQUENT_ITEMSETS,
        ASSOCIATION_RULES,
        ALSO_BOUGHT,
        ALSO_VIEWED,
        VIEW_THEN_BOUGHT,
        RFM_SEGMENTS,
        ITEM_STATS,
        QUARANTINE,
        RUN_SUMMARY,
    )
}
