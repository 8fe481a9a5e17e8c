-- one row per view inside the window, with its basket (session or visitor-day)
select
    case $grain
        when 'session' then session_code
        else visitor_code * 100000 + viewed_day
    end as basket_code,
    item_code,
    visitor_code as person_code,
    viewed_at as happened_at
from views
where viewed_at >= $window_start and viewed_at < $window_end
