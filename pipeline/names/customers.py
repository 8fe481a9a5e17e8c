"""Tables of customers."""

from pipeline.names.schema import SPAN, Column, Table, at, count, identifier, measure

RFM_SEGMENTS = Table(
    "rfm_segments",
    "one row per customer with an order in the window",
    ("customer_id",),
    (
        identifier("customer_id", "The customer."),
        count("recency_days", "Whole days from the last order to as_of."),
        count("frequency", "Orders in the window."),
        measure(
            "monetary",
            "Net sum (or mean, by option) of the orders; NULL without prices.",
            is_nullable=True,
        ),
        count("recency_score", "1 (worst) to 5 (best); equal values have equal scores."),
        count("frequency_score", "1 (worst) to 5 (best); equal values have equal scores."),
        count("monetary_score", "1 (worst) to 5 (best); NULL without prices.", is_nullable=True),
        Column("segment", "string", "Name of the segment that holds the R and F scores."),
        at("first_order_at", "Instant of the first order in the window."),
        at("last_order_at", "Instant of the last order."),
        measure("average_order_value", "Net sum / orders; NULL without prices.", is_nullable=True),
        measure(
            "customer_value",
            "Net sum x rfm.value_days / days from the first order to as_of (at least "
            "rfm.min_tenure_days): what value_days bring at this pace; NULL without prices.",
            is_nullable=True,
        ),
        *SPAN,
    ),
    sort="customer_id asc",
    best="recency_score desc, frequency_score desc, monetary desc nulls last, customer_id asc",
)

RFM_CUTS = Table(
    "rfm_cuts",
    "one row per measure and score above 1: where the score begins",
    ("measure", "score"),
    (
        Column("measure", "string", "`recency_days`, `frequency` or `monetary`."),
        count("score", "The score, 2 to 5; score 1 is whatever reaches no cut."),
        measure(
            "cut",
            "Worst value with at least this score: most days, least orders, least money; NULL "
            "where no value reaches the score.",
            is_nullable=True,
        ),
        count(
            "customer_count",
            "Customers who have at least this score; NULL below privacy.min_group_size.",
            is_nullable=True,
        ),
        Column("scoring", "string", "`quantile`, `thresholds` or `frozen`."),
        Column("monetary_of", "string", "What `monetary` is: `sum` or `mean` of the orders."),
        count("lookback_days", "Length of the window; NULL for everything.", is_nullable=True),
        *SPAN,
    ),
    sort="measure asc, score asc",
    best="measure asc, score asc",
    hides_small_groups=True,
)

CUSTOMER_INTERESTS = Table(
    "customer_interests",
    "one row per customer in a cluster of interests",
    ("customer_id",),
    (
        identifier("customer_id", "The customer."),
        count("cluster", "The customer's cluster; 1 is the largest."),
        count("item_count", "Items bought in the window, each once an order."),
        Column("top_category", "string", "The category with most of them; ties by name."),
        measure("top_share", "Its share of item_count."),
        *SPAN,
    ),
    sort="customer_id asc",
    best="cluster asc, item_count desc, customer_id asc",
)

INTEREST_CLUSTERS = Table(
    "interest_clusters",
    "one row per cluster of customers and category that they bought from",
    ("cluster", "category"),
    (
        count("cluster", "Number of the cluster; 1 is the largest."),
        Column("category", "string", "Category, or `other categories`."),
        count("customer_count", "Customers in the cluster."),
        count("item_count", "Items of the category that they bought, each once an order."),
        count("cluster_item_count", "Items of every category that they bought."),
        measure("share", "item_count / cluster_item_count."),
        measure("overall_share", "Share of the category in the items of all clusters."),
        measure("lift", "share / overall_share: what sets the cluster apart."),
        *SPAN,
    ),
    sort="cluster asc, category asc",
    best="cluster asc, item_count desc, category asc",
)
