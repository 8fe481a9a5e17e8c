-- one row per outcome of the events
select
    case
        when bots.visitor_code is not null and coded_events.reason_code = 0 then 'bot'
        when coded_events.reason_code = 1 then 'other_event_type'
        when coded_events.reason_code = 2 then 'missing_item'
        when coded_events.reason_code = 3 then 'non_product'
        else 'accepted'
    end as reason,
    count(*) as line_count
from coded_events
left join bots on coded_events.visitor_code = bots.visitor_code
group by
    case
        when bots.visitor_code is not null and coded_events.reason_code = 0 then 'bot'
        when coded_events.reason_code = 1 then 'other_event_type'
        when coded_events.reason_code = 2 then 'missing_item'
        when coded_events.reason_code = 3 then 'non_product'
        else 'accepted'
    end
