-- one row per order of the test window and item in it; of each order one item is hidden
-- Which one looks random and is not: the first by a digest of order and item.
with bought as (
    select
        order_code,
        item_code,
        max(customer_code) as customer_code
    from sale_lines
    where ordered_at >= $window_start and ordered_at < $window_end and item_code is not null
    group by order_code, item_code
),

sizes as (
    select
        order_code,
        count(*) as item_count
    from bought
    group by order_code
    having count(*) >= 2 and count(*) <= $max_basket_items
),

placed as (
    select
        bought.order_code,
        bought.item_code,
        bought.customer_code,
        cast(row_number() over (
            partition by bought.order_code
            order by
                md5(cast(bought.order_code as varchar) || chr(31) || items.item_id) asc nulls last,
                items.item_id asc nulls last
        ) as bigint) as place
    from bought
    join sizes on sizes.order_code = bought.order_code
    join items on items.item_code = bought.item_code
)

select
    order_code,
    item_code,
    customer_code,
    place = 1 as is_hidden
from placed
