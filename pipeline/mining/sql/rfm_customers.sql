-- one row per known customer, with recency, frequency and monetary value
with summed as (
    select
        customer_code,
        max(ordered_at) as last_order_at,
        cast(count(*) as bigint) as frequency,
        cast(sum(amount) as decimal(28, 4)) as amount
    from rfm_orders
    where customer_code is not null
    group by customer_code
)

select
    customer_code,
    last_order_at,
    cast(
        ($window_end - last_order_at - ($window_end - last_order_at) % 86400000000) / 86400000000
        as bigint
    ) as recency_days,
    frequency,
    case
        when amount is null then null
        when amount < 0 then cast(0 as double)
        when $monetary = 'mean' then cast(amount as double) / frequency
        else cast(amount as double)
    end as monetary
from summed
