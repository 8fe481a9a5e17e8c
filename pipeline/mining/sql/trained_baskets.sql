-- one row per order and item sold before the test window, giant orders left out
with bought as (
    select distinct order_code, item_code, customer_code
    from sale_lines
    where ordered_at < $window_start and item_code is not null
),

sizes as (
    select order_code, count(*) as item_count
    from bought
    group by order_code
    having count(*) <= $max_basket_items
)

select
    bought.order_code as basket_code,
    bought.item_code,
    cast(null as bigint) as person_code,
    cast(0 as bigint) as first_at
from bought
join sizes on sizes.order_code = bought.order_code
group by bought.order_code, bought.item_code
