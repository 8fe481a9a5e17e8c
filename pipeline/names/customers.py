"""Tables of customers."""

from pipeline.names.schema import Column, Table, at, count, identifier, measure

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
        at("last_order_at", "Instant of the last order."),
        at("window_start", "First instant of the lookback window (inclusive)."),
        at("window_end", "End of the lookback window (exclusive): the run's `as_of`."),
    ),
    sort="customer_id asc",
    best="recency_score desc, frequency_score desc, monetary desc nulls last, customer_id asc",
)
