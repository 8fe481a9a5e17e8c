-- one row per sale line of an item inside the window, with the order that holds it
select
    item_code,
    order_code as owner_code
from sale_lines
where ordered_at >= $window_start and ordered_at < $window_end and item_code % $slices = $slice
