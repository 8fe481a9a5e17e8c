-- one row per item and audience whose orders hold it
with audiences as (
    select item_code, customer_code, ordered_at, quantity, $everyone as customer_segment
    from popular_orders
    union all
    select
        popular_orders.item_code,
        popular_orders.customer_code,
        popular_orders.ordered_at,
        popular_orders.quantity,
        popular_segments.customer_segment
    from popular_orders
    join popular_segments on popular_segments.customer_code = popular_orders.customer_code
)

select
    item_code,
    customer_segment,
    cast(sum(case when ordered_at >= $window_start then 1 else 0 end) as bigint) as order_count,
    count(distinct case when ordered_at >= $window_start then customer_code end) as customer_count,
    cast(sum(case when ordered_at >= $window_start then quantity else 0 end) as decimal(28, 4))
        as quantity,
    cast(sum(case when ordered_at >= $recent_start then 1 else 0 end) as bigint)
        as recent_order_count,
    cast(sum(
        case when ordered_at >= $previous_start and ordered_at < $recent_start then 1 else 0 end
    ) as bigint) as previous_order_count
from audiences
group by item_code, customer_segment
