-- one row per visitor with more distinct items than the bot rule spares
select
    visitor_code,
    count(*) as item_count
from (
    select
        coded_events.visitor_code,
        coded_events.item_code
    from coded_events
    inner join busy_visitors on coded_events.visitor_code = busy_visitors.visitor_code
    where busy_visitors.event_count > $min_items and coded_events.item_code is not null
    group by coded_events.visitor_code, coded_events.item_code
) as seen
group by visitor_code
having count(*) > $min_items
