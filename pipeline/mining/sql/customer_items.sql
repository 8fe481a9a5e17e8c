-- one row per sale line of a known customer and an item inside the window
select
    customer_code,
    ordered_day,
    item_code
from sale_lines
where
    ordered_at >= $window_start and ordered_at < $window_end
    and customer_code is not null and item_code is not null
