-- one row per customer with an order in the window: orders, what is left of their value, whether a unit came back
with lines as (
    select customer_code, order_code, amount, 0 as came_back
    from sale_lines
    where ordered_at >= $window_start and ordered_at < $window_end and customer_code is not null
    union all
    select customer_code, order_code, cast(null as decimal(18, 4)) as amount, 1 as came_back
    from returned_lines
    where ordered_at >= $window_start and ordered_at < $window_end and customer_code is not null
)

select
    customer_code,
    cast(count(distinct order_code) as bigint) as order_count,
    cast(sum(amount) as decimal(38, 4)) as amount,
    max(came_back) = 1 as has_refund
from lines
group by customer_code
