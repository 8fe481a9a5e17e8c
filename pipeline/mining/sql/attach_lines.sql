-- one row per sale line of an item inside the window, with its order
select
    order_code,
    item_code,
    ordered_day
from sale_lines
where ordered_at >= $window_start and ordered_at < $window_end and item_code is not null
