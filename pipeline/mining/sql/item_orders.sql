-- one row per item sold inside the window, with the distinct orders that hold it
with ordered as (
    select item_code, order_code
    from sale_lines
    where
        ordered_at >= $window_start and ordered_at < $window_end
        and item_code % $slices = $slice
    group by item_code, order_code
)

select
    item_code,
    cast(count(*) as bigint) as order_count
from ordered
group by item_code
