-- one row per linked pair of items, with what orders, customers, days and contexts say of it
select
    kind_pairs.left_item_id,
    kind_pairs.right_item_id,
    kind_counts.order_count,
    kind_counts.left_order_count,
    kind_counts.right_order_count,
    kind_counts.basket_count,
    kind_counts.order_lift,
    kind_counts.order_p_value,
    kind_counts.left_share,
    kind_counts.right_share,
    kind_counts.joint_customer_count,
    kind_counts.customer_lift,
    kind_counts.same_order_customer_count,
    kind_counts.same_order_share,
    kind_gaps.earlier_item_id,
    kind_gaps.next_customer_count,
    kind_gaps.gap_median_days,
    kind_gaps.direction_p_value,
    kind_contexts.context,
    kind_contexts.context_value,
    kind_contexts.context_q_value,
    kind_contexts.is_place
from kind_pairs
join kind_counts
    on kind_counts.left_code = kind_pairs.left_code and kind_counts.right_code = kind_pairs.right_code
left join kind_gaps
    on kind_gaps.left_item_id = kind_pairs.left_item_id
    and kind_gaps.right_item_id = kind_pairs.right_item_id
left join kind_contexts
    on kind_contexts.left_item_id = kind_pairs.left_item_id
    and kind_contexts.right_item_id = kind_pairs.right_item_id
