-- one row per session
select
    cast(session_id as bigint) as session_code,
    max(viewed_at) as ended_at
from event_rows
group by session_id
