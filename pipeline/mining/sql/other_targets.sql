-- one row per source item with unlisted targets: their buyers and their weight
with weights as (
    select
        bought_targets.source_code,
        cast(sum(bought_targets.weight) as bigint) as weight
    from bought_targets
    left join listed_targets
        on listed_targets.source_code = bought_targets.source_code
        and listed_targets.target_code = bought_targets.target_code
    where listed_targets.source_code is null and bought_targets.source_code % $slices = $slice
    group by bought_targets.source_code
),

buyers as (
    select
        last_orders.source_code,
        last_orders.visitor_code
    from last_orders
    join weights on weights.source_code = last_orders.source_code
    join visitor_purchases
        on visitor_purchases.visitor_code = last_orders.visitor_code
        and visitor_purchases.ordered_at > last_orders.first_at
        and visitor_purchases.ordered_at <= last_orders.last_at
    left join listed_targets
        on listed_targets.pair_code
        = cast(last_orders.source_code as bigint) * 4294967296 + visitor_purchases.item_code
    where listed_targets.pair_code is null and last_orders.source_code % $slices = $slice
    group by last_orders.source_code, last_orders.visitor_code
)

select
    weights.source_code,
    cast(count(*) as bigint) as n_target,
    max(weights.weight) as weight
from weights
join buyers on buyers.source_code = weights.source_code
group by weights.source_code
