"""The columns of each table that a summary and `basket show` print unless others are asked for."""

from typing import Final

HEADLINES: Final[dict[str, tuple[str, ...]]] = {
    "frequent_itemsets": ("itemset", "item_count", "joint_count", "basket_count", "support"),
    "association_rules": (
        *("rank", "antecedent", "consequent", "joint_count"),
        *("confidence", "lift", "lift_low"),
    ),
    **dict.fromkeys(
        ("also_bought", "also_bought_product", "also_bought_category", "also_viewed"),
        (
            *("source_item_id", "target_item_id", "rank", "joint_count"),
            *("confidence", "lift", "lift_low"),
        ),
    ),
    "view_then_bought": (
        *("source_item_id", "target_kind", "target_item_id", "n_viewers", "n_buyers"),
        *("n_target", "pct_of_buyers"),
    ),
    "bought_next": (
        *("source_item_id", "target_item_id", "rank", "joint_count"),
        *("confidence", "lift", "gap_median_days"),
    ),
    "repurchase_cycle": (
        *("item_id", "gap_count", "customer_count", "repeat_share"),
        *("gap_lower_days", "gap_median_days", "gap_upper_days"),
    ),
    "substitutes": (
        *("source_item_id", "target_item_id", "rank", "visitor_count"),
        *("switch_count", "pct_of_buyers", "order_lift"),
    ),
    "frequently_bought_together": (
        *("source_item_id", "items", "order_count", "confidence", "set_lift", "price_sum"),
    ),
    "viewed_not_bought": ("customer_id", "item_id", "view_count", "last_viewed_at", "price"),
    "attach_rate": (
        *("source_item_id", "category", "month", "order_count", "attached_count", "attach_rate"),
    ),
    "rfm_segments": (
        *("customer_id", "segment", "recency_days", "frequency", "monetary", "last_order_at"),
    ),
    "rfm_cuts": ("measure", "score", "cut", "customer_count", "scoring"),
    "customer_interests": ("customer_id", "cluster", "item_count", "top_category", "top_share"),
    "interest_clusters": (
        *("cluster", "category", "customer_count", "item_count", "share", "overall_share"),
        "lift",
    ),
    "context_rules": (
        *("context", "value", "antecedent", "consequent", "joint_count", "lift", "outside_lift"),
        "q_value",
    ),
    "association_kind": (
        *("left_item_id", "right_item_id", "kind", "order_count", "order_lift"),
        *("same_order_share", "gap_median_days"),
    ),
    "campaign_targets": (
        *("campaign", "customer_id", "item_id", "arm", "channel", "offer_score"),
        *("expected_value", "reason"),
    ),
    "bundles": (
        *("items", "kind", "order_count", "attach_rate", "price_sum", "suggested_price"),
        *("margin", "stock_cover_days"),
    ),
    "recommendations": (
        *("placement", "source_id", "rank", "relation", "target_item_id", "source", "reason"),
    ),
    "recommendation_lists": ("placement", "source_id", "customer_segment", "target_item_ids"),
    "cart_pairs": (
        *("placement", "relation", "source_item_id", "target_item_id", "tier", "weight"),
    ),
    "item_stats": ("item_id", "order_count", "customer_count", "quantity", "revenue", "price"),
    "popular_items": (
        *("item_id", "customer_segment", "segment_rank", "order_count", "customer_count"),
    ),
    "quarantine": ("source", "file", "line", "reason", "raw_text"),
    "run_summary": ("section", "subject", "name", "count", "share"),
}
