-- one row per item sold before the test window, the best sold first
with counted as (
    select
        item_code,
        cast(count(distinct order_code) as bigint) as order_count
    from sale_lines
    where ordered_at < $window_start and item_code is not null
    group by item_code
)

select
    counted.item_code,
    items.item_id,
    items.category,
    counted.order_count,
    cast(row_number() over (order by counted.order_count desc nulls last, items.item_id asc nulls last) as bigint) as place,
    cast(row_number() over (
        partition by items.category order by counted.order_count desc nulls last, items.item_id asc nulls last
    ) as bigint) as category_place
from counted
join items on items.item_code = counted.item_code
