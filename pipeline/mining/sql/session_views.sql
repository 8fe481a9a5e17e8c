-- one row per view inside the window, with its session and visitor
select
    session_code,
    visitor_code,
    item_code
from views
where viewed_at >= $window_start and viewed_at < $window_end
