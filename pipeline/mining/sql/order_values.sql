-- one row per order of the test window, with what was left of its value after returns
with sold as (
    select
        order_code,
        cast(sum(amount) as decimal(38, 4)) as amount
    from sale_lines
    where ordered_at >= $window_start and ordered_at < $window_end
    group by order_code
),

refunded as (
    select distinct order_code
    from returned_lines
)

select
    sold.order_code,
    sold.amount,
    refunded.order_code is not null as is_refunded
from sold
left join refunded on refunded.order_code = sold.order_code
