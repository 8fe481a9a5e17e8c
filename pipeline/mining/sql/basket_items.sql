-- one row per item, with the baskets that hold it, giant baskets left out
with giants as (
    select basket_code
    from basket_sizes
    where size > $max_basket_items
)

select
    baskets.item_code,
    cast(count(*) as bigint) as item_count
from baskets
left join giants on giants.basket_code = baskets.basket_code
where giants.basket_code is null
group by baskets.item_code
