-- one row per item id as it is spelled, with the spelling that stands for it
select
    spelled_items.item_key,
    spelled_items.line_count,
    first_value(spelled_items.item_id) over (
        partition by case when $merge_letter_case then upper(spelled_items.item_id) else spelled_items.item_id end
        order by spelled_items.line_count desc nulls last, spelled_items.item_id asc nulls last
    ) as sku_id,
    non_products.item_id is null as is_product
from spelled_items
left join non_products on spelled_items.item_id = non_products.item_id
