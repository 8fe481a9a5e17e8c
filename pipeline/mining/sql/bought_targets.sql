-- one row per source item and item bought after viewing it
-- weight: the sum over visitors whose last order held the target, as a multiple of the weight unit.
with bought as (
    select
        last_orders.source_code,
        last_orders.visitor_code,
        visitor_purchases.item_code as target_code,
        max(case
            when visitor_purchases.ordered_at = last_orders.last_at then last_orders.weight else 0
        end) as weight
    from last_orders
    join visitor_purchases
        on visitor_purchases.visitor_code = last_orders.visitor_code
        and visitor_purchases.ordered_at > last_orders.first_at
        and visitor_purchases.ordered_at <= last_orders.last_at
    where last_orders.source_code % $slices = $slice
    group by last_orders.source_code, last_orders.visitor_code, visitor_purchases.item_code
)

select
    source_code,
    target_code,
    cast(count(*) as bigint) as n_target,
    cast(sum(weight) as bigint) as weight
from bought
group by source_code, target_code
