-- one row per order inside the window, giant orders left out, numbered by customer from 0
with orders as (
    select
        order_code,
        max(customer_code) as customer_code,
        min(ordered_at) as ordered_at,
        min(ordered_day) as ordered_day,
        count(*) as line_count
    from sale_lines
    where
        ordered_at >= $window_start
        and ordered_at < $window_end
        and item_code is not null
    group by order_code
),

long_orders as (  -- only an order of so many lines can have so many items
    select
        sale_lines.order_code,
        sale_lines.item_code
    from sale_lines
    join orders on orders.order_code = sale_lines.order_code
    where
        orders.line_count > $max_basket_items
        and sale_lines.ordered_at >= $window_start
        and sale_lines.ordered_at < $window_end
        and sale_lines.item_code is not null
    group by sale_lines.order_code, sale_lines.item_code
),

giants as (
    select order_code
    from long_orders
    group by order_code
    having count(*) > $max_basket_items
)

select
    orders.order_code,
    orders.customer_code,
    orders.ordered_at,
    orders.ordered_day,
    cast(row_number() over (
        order by orders.customer_code asc nulls last, orders.order_code asc nulls last
    ) as bigint) - 1 as place
from orders
left join giants on giants.order_code = orders.order_code
where giants.order_code is null
