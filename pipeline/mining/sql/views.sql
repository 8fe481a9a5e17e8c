-- one row per accepted view of an item
select
    coded_events.visitor_code,
    coded_events.session_code,
    coded_events.item_code,
    coded_events.viewed_at,
    coded_events.viewed_day
from coded_events
left join bots on coded_events.visitor_code = bots.visitor_code
where coded_events.event_kind = 0 and coded_events.reason_code = 0 and bots.visitor_code is null
