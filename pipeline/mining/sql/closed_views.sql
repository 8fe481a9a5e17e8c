-- one row per view whose horizon, counted in days, has closed at the window's end, with its visitor
select
    item_code,
    visitor_code as owner_code
from views
where
    viewed_at >= $window_start and viewed_at < $window_end
    and viewed_at + $horizon_microseconds <= $window_end
    and item_code % $slices = $slice
