-- one row per unordered pair of items in bought_next, in its clearer direction
select
    least(one.source_item_id, one.target_item_id) as left_item_id,
    greatest(one.source_item_id, one.target_item_id) as right_item_id,
    one.source_item_id as earlier_item_id,
    one.joint_count as next_customer_count,
    one.gap_median_days,
    one.direction_p_value
from bought_next as one
left join bought_next as other
    on other.source_item_id = one.target_item_id and other.target_item_id = one.source_item_id
where
    other.source_item_id is null
    or one.direction_p_value < other.direction_p_value
    or (one.direction_p_value = other.direction_p_value and one.joint_count > other.joint_count)
    or (
        one.direction_p_value = other.direction_p_value and one.joint_count = other.joint_count
        and one.source_item_id < other.source_item_id
    )
