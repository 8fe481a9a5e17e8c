-- one row per outcome of the events
with counted as (
    select
        reason_code,
        cast(count(*) as bigint) as line_count
    from coded_events
    group by reason_code
),

of_bots as (
    select cast(count(*) as bigint) as line_count
    from coded_events
    inner join bots on coded_events.visitor_code = bots.visitor_code
    where coded_events.reason_code = 0
),

outcomes as (
    select
        case counted.reason_code
            when 1 then 'other_event_type'
            when 2 then 'missing_item'
            when 3 then 'non_product'
            else 'accepted'
        end as reason,
        case when counted.reason_code = 0 then counted.line_count - of_bots.line_count else counted.line_count end
            as line_count
    from counted
    cross join of_bots
    union all
    select
        'bot' as reason,
        line_count
    from of_bots
)

select
    reason,
    line_count
from outcomes
where line_count > 0
