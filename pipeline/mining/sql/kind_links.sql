-- one row per unordered pair of items in also_bought
select
    least(source_item_id, target_item_id) as left_item_id,
    greatest(source_item_id, target_item_id) as right_item_id
from also_bought
group by least(source_item_id, target_item_id), greatest(source_item_id, target_item_id)
