-- one row per sale line of an item to a known customer inside the window
select
    item_code,
    customer_code as owner_code
from sale_lines
where
    ordered_at >= $window_start and ordered_at < $window_end
    and customer_code is not null and item_code % $slices = $slice
