-- one row per item sold inside the window
with ordered as (
    select
        item_code,
        order_code,
        customer_code,
        cast(sum(quantity) as decimal(28, 4)) as quantity,
        cast(sum(amount) as decimal(28, 4)) as amount,
        min(ordered_at) as first_at,
        max(ordered_at) as last_at
    from sale_lines
    where
        ordered_at >= $window_start and ordered_at < $window_end
        and item_code % $slices = $slice
    group by item_code, order_code, customer_code
),

bought as (
    select
        item_code,
        customer_code,
        cast(count(*) as bigint) as order_count,
        cast(sum(quantity) as decimal(28, 4)) as quantity,
        cast(sum(amount) as decimal(28, 4)) as amount,
        min(first_at) as first_at,
        max(last_at) as last_at
    from ordered
    group by item_code, customer_code
)

select
    item_code,
    cast(sum(order_count) as bigint) as order_count,
    cast(count(customer_code) as bigint) as customer_count,
    cast(sum(quantity) as decimal(28, 4)) as quantity,
    cast(sum(amount) as decimal(28, 4)) as revenue,
    min(first_at) as first_sold_at,
    max(last_at) as last_sold_at
from bought
group by item_code
