-- one row per item id as it is spelled, with its codes
select
    levelled_items.item_key,
    cast(dense_rank() over (order by levelled_items.sku_id asc nulls last) as integer) as sku_code,
    items.item_code,
    levelled_items.is_product
from levelled_items
left join items on levelled_items.item_id = items.item_id
