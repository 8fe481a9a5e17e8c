-- one row per item of the catalogue
select
    ranked.sku_id,
    ranked.product_id,
    ranked.name,
    ranked.category,
    ranked.brand,
    ranked.price,
    ranked.stock
from (
    select
        skus.sku_id,
        cast(catalogue_rows.product_id as varchar) as product_id,
        cast(catalogue_rows.name as varchar) as name,
        cast(catalogue_rows.category as varchar) as category,
        cast(catalogue_rows.brand as varchar) as brand,
        catalogue_rows.price,
        cast(catalogue_rows.stock as bigint) as stock,
        cast(row_number() over (
            partition by skus.sku_id
            order by
                cast(catalogue_rows.name as varchar) asc nulls last,
                cast(catalogue_rows.category as varchar) asc nulls last,
                cast(catalogue_rows.brand as varchar) asc nulls last,
                cast(catalogue_rows.product_id as varchar) asc nulls last,
                catalogue_rows.price asc nulls last,
                catalogue_rows.stock asc nulls last
        ) as bigint) as place
    from catalogue_rows
    inner join skus on catalogue_rows.item_id = skus.item_key
) as ranked
where ranked.place = 1
