-- one row per outcome of the events
with non_products as (
    select item_key
    from item_codes
    where not is_product
),

counted as (
    select
        case
            when event.event_kind is null then 1
            when event.item_id is null then 2
            when non_products.item_key is not null then 3
            else 0
        end as reason_code,
        cast(count(*) as bigint) as line_count
    from event_rows as event
    left join non_products on event.item_id = non_products.item_key
    group by
        case
            when event.event_kind is null then 1
            when event.item_id is null then 2
            when non_products.item_key is not null then 3
            else 0
        end
),

of_bots as (
    select cast(count(*) as bigint) as line_count
    from busy_events
    inner join bots on busy_events.visitor_code = bots.visitor_code
    where busy_events.is_accepted
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
