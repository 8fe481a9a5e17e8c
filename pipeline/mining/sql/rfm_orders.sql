-- one row per customer and order inside the window; customer_code is NULL for anonymous orders
select
    customer_code,
    order_code,
    max(ordered_at) as ordered_at,
    cast(sum(amount) as decimal(28, 4)) as amount
from sale_lines
where ordered_at >= $window_start and ordered_at < $window_end
group by customer_code, order_code
