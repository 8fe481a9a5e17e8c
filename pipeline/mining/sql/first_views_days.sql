-- one row per visitor and viewed item whose horizon, counted in days, has closed at the window's end
-- The first view is among those that are old enough, if there are any.
select
    visitor_code,
    item_code,
    min(viewed_at) as first_at,
    min(viewed_at) + $horizon_microseconds as horizon_end
from views
where
    viewed_at >= $window_start and viewed_at < $window_end
    and viewed_at + $horizon_microseconds <= $window_end
    and abs(visitor_code) % $slices = $slice
group by visitor_code, item_code
