-- one row per apart pair of which a viewer of the source bought the target in the last order
-- weight: the sum over such viewers, as a multiple of the weight unit.
select
    apart_pairs.source_code,
    apart_pairs.target_code,
    cast(count(*) as bigint) as switch_count,
    cast(sum(last_orders.weight) as bigint) as weight
from last_orders
join visitor_purchases
    on visitor_purchases.visitor_code = last_orders.visitor_code
    and visitor_purchases.ordered_at = last_orders.last_at
join apart_pairs
    on apart_pairs.source_code = last_orders.source_code
    and apart_pairs.target_code = visitor_purchases.item_code
group by apart_pairs.source_code, apart_pairs.target_code
