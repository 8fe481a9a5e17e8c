-- one row per category and item of it, the $max_targets best sold of each
select
    item_categories.category_code,
    trained_items.item_code,
    trained_items.order_count,
    trained_items.category_place as rank
from trained_items
join item_categories on item_categories.item_code = trained_items.item_code
where trained_items.category_place <= $max_targets
