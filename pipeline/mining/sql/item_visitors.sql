-- one row per view of an item inside the window, with its visitor
select
    item_code,
    visitor_code as owner_code
from views
where viewed_at >= $window_start and viewed_at < $window_end and item_code % $slices = $slice
