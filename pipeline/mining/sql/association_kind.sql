-- one row per linked pair of items, with the kind of its link
-- The decision table of docs/definitions.md: the first row that fits.
with judged as (
    select
        kind_evidence.*,
        order_count >= $min_order_count and order_lift > $min_order_lift
        and order_p_value <= $max_order_p_value as is_together,
        greatest(left_share, right_share) >= $min_attached_share as is_attached,
        direction_p_value is not null and direction_p_value <= $max_direction_p_value
        and coalesce(same_order_share <= $max_same_order_share, false) as is_ordered
    from kind_evidence
)

select
    left_item_id,
    right_item_id,
    case
        when is_together and is_attached then 'must_go_with'
        when is_ordered then 'before_after'
        when is_place then 'place'
        when context is not null then 'context'
        when is_together then 'same_scene'
        else 'same_audience'
    end as kind,
    order_count,
    left_order_count,
    right_order_count,
    basket_count,
    order_lift,
    order_p_value,
    left_share,
    right_share,
    joint_customer_count,
    customer_lift,
    same_order_customer_count,
    same_order_share,
    earlier_item_id,
    next_customer_count,
    gap_median_days,
    direction_p_value,
    context,
    context_value,
    context_q_value,
    $item_level as item_level,
    cast($window_start as bigint) as window_start,
    cast($window_end as bigint) as window_end
from judged
