-- one row per different event
select
    visitor_id, customer_id, session_id, item_id, viewed_at, viewed_day, event_kind
from event_rows
group by
    visitor_id, customer_id, session_id, item_id, viewed_at, viewed_day, event_kind
