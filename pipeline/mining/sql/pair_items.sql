-- one row per item that at least $min_item_count baskets hold, giant baskets left out
with giants as (
    select basket_code
    from basket_sizes
    where size > $max_basket_items
),

counted as (
    select
        baskets.item_code,
        cast(count(*) as bigint) as item_count
    from baskets
    left join giants on giants.basket_code = baskets.basket_code
    where giants.basket_code is null
    group by baskets.item_code
    having count(*) >= $min_item_count
)

select
    counted.item_code,
    counted.item_count,
    case when $leaves_out_families then items.product_id end as family_id
from counted
join items on items.item_code = counted.item_code
