-- one row per view whose horizon, counted in days, has closed, and whose visitor ordered after it
select
    buying_visitors.place,
    views.item_code,
    views.viewed_at,
    views.viewed_at + $horizon_microseconds as horizon_end
from views
join viewed_items on viewed_items.item_code = views.item_code
join buying_visitors
    on buying_visitors.visitor_code = views.visitor_code
    and buying_visitors.last_ordered_at > views.viewed_at
where
    views.viewed_at >= $window_start and views.viewed_at < $window_end
    and views.viewed_at + $horizon_microseconds <= $window_end
