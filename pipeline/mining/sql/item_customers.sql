-- one row per item sold to a known customer inside the window, with its distinct customers
with bought as (
    select item_code, customer_code
    from sale_lines
    where
        ordered_at >= $window_start and ordered_at < $window_end
        and customer_code is not null and item_code % $slices = $slice
    group by item_code, customer_code
)

select
    item_code,
    cast(count(*) as bigint) as customer_count
from bought
group by item_code
