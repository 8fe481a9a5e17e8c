-- one row per session
select
    session_code,
    min(visitor_code) as visitor_code,
    max(viewed_at) as ended_at
from coded_events
group by session_code
