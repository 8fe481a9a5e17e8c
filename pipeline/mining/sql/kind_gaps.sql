-- one row per unordered pair of items in bought_next, in its clearer direction
with directed as (
    select
        least(source_item_id, target_item_id) as left_item_id,
        greatest(source_item_id, target_item_id) as right_item_id,
        source_item_id as earlier_item_id,
        joint_count as next_customer_count,
        gap_median_days,
        direction_p_value,
        cast(row_number() over (
            partition by least(source_item_id, target_item_id), greatest(source_item_id, target_item_id)
            order by
                direction_p_value asc nulls last, joint_count desc nulls last,
                source_item_id asc nulls last
        ) as bigint) as place
    from bought_next
)

select
    left_item_id,
    right_item_id,
    earlier_item_id,
    next_customer_count,
    gap_median_days,
    direction_p_value
from directed
where place = 1
