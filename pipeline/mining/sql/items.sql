-- one row per item
with attributes as (
    select
        levelled_items.item_id,
        true as is_listed,
        min(catalogue_items.product_id) as product_id,
        min(catalogue_items.name) as name,
        min(catalogue_items.category) as category,
        min(catalogue_items.brand) as brand,
        min(catalogue_items.price) as price,
        cast(sum(catalogue_items.stock) as bigint) as stock
    from levelled_items
    inner join catalogue_items on levelled_items.sku_id = catalogue_items.sku_id
    group by levelled_items.item_id
),

counted as (
    select
        item_id,
        cast(sum(line_count) as bigint) as line_count
    from levelled_items
    where is_product
    group by item_id
)

select
    cast(
        row_number() over (order by counted.line_count desc nulls last, counted.item_id asc nulls last) - 1
        as integer
    ) as item_code,
    counted.item_id,
    attributes.product_id,
    attributes.name,
    attributes.category,
    attributes.brand,
    attributes.price,
    attributes.stock,
    coalesce(attributes.is_listed, false) as is_listed
from counted
left join attributes on counted.item_id = attributes.item_id
