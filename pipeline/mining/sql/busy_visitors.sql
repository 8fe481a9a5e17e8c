-- one row per visitor, with the events of the busiest day and of all days
select
    visitor_code,
    max(event_count) as most_events_a_day,
    cast(sum(event_count) as bigint) as event_count
from (
    select
        visitor_code,
        viewed_day,
        count(*) as event_count
    from coded_events
    group by visitor_code, viewed_day
) as days
group by visitor_code
