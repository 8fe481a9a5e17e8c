-- one row per unordered pair of items that also_bought or bought_next links, with what it says of it
with linked as (
    select
        coalesce(kind_links.left_item_id, kind_gaps.left_item_id) as left_item_id,
        coalesce(kind_links.right_item_id, kind_gaps.right_item_id) as right_item_id,
        kind_gaps.earlier_item_id,
        kind_gaps.next_customer_count,
        kind_gaps.gap_median_days,
        kind_gaps.direction_p_value
    from kind_links
    full join kind_gaps
        on kind_gaps.left_item_id = kind_links.left_item_id
        and kind_gaps.right_item_id = kind_links.right_item_id
)

select
    linked.left_item_id,
    linked.right_item_id,
    left_items.item_code as left_code,
    right_items.item_code as right_code,
    linked.earlier_item_id,
    linked.next_customer_count,
    linked.gap_median_days,
    linked.direction_p_value,
    kind_contexts.context,
    kind_contexts.context_value,
    kind_contexts.context_q_value,
    kind_contexts.is_place
from linked
join items as left_items on left_items.item_id = linked.left_item_id
join items as right_items on right_items.item_id = linked.right_item_id
left join kind_contexts
    on kind_contexts.left_item_id = linked.left_item_id
    and kind_contexts.right_item_id = linked.right_item_id
