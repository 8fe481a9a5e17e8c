"""The table of what sells best."""

from pipeline.names.schema import WINDOW, Column, Table, count, identifier, measure

POPULAR_ITEMS = Table(
    "popular_items",
    "one row per item and audience whose orders hold it",
    ("customer_segment", "item_id"),
    (
        identifier("item_id", "The item."),
        Column(
            "customer_segment",
            "string",
            "`everyone`, unknown customers included, or a segment of rfm_segments.",
        ),
        count(
            "segment_rank",
            "1 sells best in the audience: by orders, then by who placed them, then by item id.",
        ),
        count(
            "category_rank",
            "1 sells best in the audience and the item's own category; NULL without a category.",
            is_nullable=True,
        ),
        count("order_count", "Orders of the audience in the window that hold the item."),
        count("customer_count", "Distinct known customers of these orders."),
        measure("quantity", "Net quantity sold in these orders."),
        count("day_count", "Days of the window: fewer where sale lines begin inside it."),
        count("recent_order_count", "Orders of the last trend_days that hold the item."),
        count(
            "previous_order_count",
            "Orders of as many days before; NULL where sale lines do not reach back so far.",
            is_nullable=True,
        ),
        count("trend_days", "Days of recent_order_count and of previous_order_count."),
        *WINDOW,
    ),
    sort="customer_segment asc, segment_rank asc",
    best="customer_segment = 'everyone' desc, segment_rank asc, customer_segment asc",
)
