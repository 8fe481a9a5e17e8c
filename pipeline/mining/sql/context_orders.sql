-- one row per order inside the window, giant orders left out, numbered by customer from 0
with lines as (
    select
        order_code,
        item_code,
        max(customer_code) as customer_code,
        min(ordered_at) as ordered_at,
        min(ordered_day) as ordered_day
    from sale_lines
    where
        ordered_at >= $window_start
        and ordered_at < $window_end
        and item_code is not null
    group by order_code, item_code
)

select
    order_code,
    max(customer_code) as customer_code,
    min(ordered_at) as ordered_at,
    min(ordered_day) as ordered_day,
    cast(row_number() over (
        order by max(customer_code) asc nulls last, order_code asc nulls last
    ) as bigint) - 1 as place
from lines
group by order_code
having count(*) <= $max_basket_items
