-- one row per item id as it is spelled, with the item that it is at the configured level
select
    skus.item_key,
    skus.sku_id,
    skus.line_count,
    skus.is_product,
    case
        when $item_level = 'product' then coalesce(catalogue_items.product_id, skus.sku_id)
        when $item_level = 'category' then coalesce(catalogue_items.category, 'no category')
        else skus.sku_id
    end as item_id
from skus
left join catalogue_items on skus.sku_id = catalogue_items.sku_id
