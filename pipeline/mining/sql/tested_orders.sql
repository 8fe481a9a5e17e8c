-- one row per order of the test window: its value, and whether the list's items met in it
-- Items count as bought whether or not they came back, so that returns do not hide a pair.
with bought as (
    select order_code, item_code
    from sale_lines
    where ordered_at >= $window_start and ordered_at < $window_end and item_code is not null
    union
    select returned_lines.order_code, returned_lines.item_code
    from returned_lines
    join order_values on order_values.order_code = returned_lines.order_code
),

met as (
    select
        source.order_code,
        cast(max(case when target.item_code is not null then 1 else 0 end) as bigint) as pairs
    from bought as source
    join listed_pairs on listed_pairs.source_code = source.item_code
    left join bought as target
        on target.order_code = source.order_code and target.item_code = listed_pairs.target_code
    where abs(source.order_code) % $slices = $slice
    group by source.order_code
)

select
    order_values.order_code,
    order_values.amount,
    met.order_code is not null as has_source,
    coalesce(met.pairs, 0) = 1 as has_pair,
    order_values.is_refunded
from order_values
left join met on met.order_code = order_values.order_code
where abs(order_values.order_code) % $slices = $slice
