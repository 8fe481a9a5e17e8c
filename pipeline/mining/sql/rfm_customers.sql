-- one row per known customer, with recency, frequency and monetary value
with summed as (
    select
        customer_code,
        min(ordered_at) as first_order_at,
        max(ordered_at) as last_order_at,
        cast(count(*) as bigint) as frequency,
        cast(sum(amount) as decimal(28, 4)) as amount
    from rfm_orders
    where customer_code is not null
    group by customer_code
),

valued as (
    select
        customer_code,
        first_order_at,
        last_order_at,
        frequency,
        case when amount < 0 then cast(0 as double) else cast(amount as double) end as net
    from summed
)

select
    customer_code,
    first_order_at,
    last_order_at,
    cast(
        ($window_end - first_order_at - ($window_end - first_order_at) % 86400000000) / 86400000000
        as bigint
    ) as tenure_days,
    cast(
        ($window_end - last_order_at - ($window_end - last_order_at) % 86400000000) / 86400000000
        as bigint
    ) as recency_days,
    frequency,
    net,
    case when $monetary = 'mean' then net / frequency else net end as monetary
from valued
