-- one row per visitor, with the events of all days and, where they may be too many, of the busiest
with coded as (
    select
        coalesce(
            cast(visitor_customers.customer_id as bigint), visitor_codes.customer_code,
            visitor_codes.browser_code
        ) as visitor_code,
        visitor_customers.event_count
    from visitor_customers
    inner join visitor_codes on visitor_customers.visitor_id = visitor_codes.visitor_id
),

visitors as (
    select
        visitor_code,
        cast(sum(event_count) as bigint) as event_count
    from coded
    group by visitor_code
),

days as (
    select
        coded_events.visitor_code,
        coded_events.viewed_day,
        cast(count(*) as bigint) as event_count
    from coded_events
    inner join visitors on coded_events.visitor_code = visitors.visitor_code
    where visitors.event_count > $max_events_per_day
    group by coded_events.visitor_code, coded_events.viewed_day
),

busiest as (
    select
        visitor_code,
        max(event_count) as event_count
    from days
    group by visitor_code
)

select
    visitors.visitor_code,
    visitors.event_count,
    coalesce(busiest.event_count, 0) as most_events_a_day
from visitors
left join busiest on visitors.visitor_code = busiest.visitor_code
