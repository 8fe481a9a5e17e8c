"""Names of every published table and column, with type, unit and meaning.

The Parquet schema, `docs/tables.md` and the audits are all derived from this package.
"""

from pipeline.names.baskets import (
    ALSO_BOUGHT,
    ALSO_BOUGHT_CATEGORY,
    ALSO_BOUGHT_PRODUCT,
    ALSO_VIEWED,
    ASSOCIATION_RULES,
    FREQUENT_ITEMSETS,
)
from pipeline.names.campaigns import BUNDLES, CAMPAIGN_TARGETS
from pipeline.names.contexts import CONTEXT_RULES
from pipeline.names.customers import (
    CUSTOMER_INTERESTS,
    INTEREST_CLUSTERS,
    RFM_CUTS,
    RFM_SEGMENTS,
)
from pipeline.names.facts import ITEM_STATS, QUARANTINE, RUN_SUMMARY
from pipeline.names.family import (
    ATTACH_RATE,
    BOUGHT_NEXT,
    FREQUENTLY_BOUGHT_TOGETHER,
    REPURCHASE_CYCLE,
    SUBSTITUTES,
    VIEWED_NOT_BOUGHT,
)
from pipeline.names.kinds import ASSOCIATION_KIND
from pipeline.names.popularity import POPULAR_ITEMS
from pipeline.names.schema import Column, ColumnType, Table
from pipeline.names.serving import CART_PAIRS, RECOMMENDATION_LISTS, RECOMMENDATIONS
from pipeline.names.viewing import VIEW_THEN_BOUGHT

__all__ = [
    "ALSO_BOUGHT",
    "ALSO_BOUGHT_CATEGORY",
    "ALSO_BOUGHT_PRODUCT",
    "ALSO_VIEWED",
    "ASSOCIATION_KIND",
    "ASSOCIATION_RULES",
    "ATTACH_RATE",
    "BOUGHT_NEXT",
    "BUNDLES",
    "CAMPAIGN_TARGETS",
    "CART_PAIRS",
    "CONTEXT_RULES",
    "CUSTOMER_INTERESTS",
    "FREQUENTLY_BOUGHT_TOGETHER",
    "FREQUENT_ITEMSETS",
    "INTEREST_CLUSTERS",
    "ITEM_STATS",
    "POPULAR_ITEMS",
    "QUARANTINE",
    "RECOMMENDATIONS",
    "RECOMMENDATION_LISTS",
    "REPURCHASE_CYCLE",
    "RFM_CUTS",
    "RFM_SEGMENTS",
    "RUN_SUMMARY",
    "SUBSTITUTES",
    "TABLES",
    "VIEWED_NOT_BOUGHT",
    "VIEW_THEN_BOUGHT",
    "Column",
    "ColumnType",
    "Table",
]

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        FREQUENT_ITEMSETS,
        ASSOCIATION_RULES,
        ALSO_BOUGHT,
        ALSO_BOUGHT_PRODUCT,
        ALSO_BOUGHT_CATEGORY,
        ALSO_VIEWED,
        VIEW_THEN_BOUGHT,
        BOUGHT_NEXT,
        REPURCHASE_CYCLE,
        SUBSTITUTES,
        FREQUENTLY_BOUGHT_TOGETHER,
        VIEWED_NOT_BOUGHT,
        ATTACH_RATE,
        RFM_SEGMENTS,
        RFM_CUTS,
        CUSTOMER_INTERESTS,
        INTEREST_CLUSTERS,
        CONTEXT_RULES,
        ASSOCIATION_KIND,
        CAMPAIGN_TARGETS,
        BUNDLES,
        RECOMMENDATIONS,
        RECOMMENDATION_LISTS,
        CART_PAIRS,
        ITEM_STATS,
        POPULAR_ITEMS,
        QUARANTINE,
        RUN_SUMMARY,
    )
}
