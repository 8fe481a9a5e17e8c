-- one row per event, coded
select
    visitor_codes.browser_code,
    coalesce(
        cast(event.customer_id as bigint), visitor_codes.customer_code, visitor_codes.browser_code
    ) as visitor_code,
    cast(event.session_id as bigint) as session_code,
    item_codes.item_code,
    event.viewed_at,
    event.viewed_day,
    event.event_kind,
    case
        when event.event_kind is null then 1
        when event.item_id is null then 2
        when not item_codes.is_product then 3
        else 0
    end as reason_code
from event_rows as event
inner join visitor_codes on event.visitor_id = visitor_codes.visitor_id
left join item_codes on event.item_id = item_codes.item_key
