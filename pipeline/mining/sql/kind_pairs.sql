-- one row per unordered pair of items that also_bought or bought_next links
with linked as (
    select left_item_id, right_item_id from kind_links
    union
    select left_item_id, right_item_id from kind_gaps
)

select
    linked.left_item_id,
    linked.right_item_id,
    left_items.item_code as left_code,
    right_items.item_code as right_code
from linked
join items as left_items on left_items.item_id = linked.left_item_id
join items as right_items on right_items.item_id = linked.right_item_id
