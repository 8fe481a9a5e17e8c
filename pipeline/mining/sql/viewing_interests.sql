-- one row per known customer and item viewed at least $min_views times inside the window
select
    views.visitor_code as customer_code,
    views.item_code,
    cast(count(*) as bigint) as view_count,
    cast(count(distinct views.session_code) as bigint) as session_count,
    min(views.viewed_at) as first_viewed_at,
    max(views.viewed_at) as last_viewed_at
from views
join customers on customers.customer_code = views.visitor_code
where
    views.viewed_at >= $window_start and views.viewed_at < $window_end
    and abs(views.visitor_code) % $slices = $slice
group by views.visitor_code, views.item_code
having count(*) >= $min_views
