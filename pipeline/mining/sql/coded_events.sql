-- one row per event, coded
-- An event that names its customer needs no look at its visitor, unless sessions are to be cut by browser.
with owned as (
    select
        cast(null as bigint) as browser_code,
        cast(customer_id as bigint) as visitor_code,
        session_id,
        item_id,
        viewed_at,
        viewed_day,
        event_kind
    from event_rows
    where customer_id is not null and not $cuts_sessions
    union all
    select
        visitor_codes.browser_code,
        coalesce(
            cast(event.customer_id as bigint), visitor_codes.customer_code, visitor_codes.browser_code
        ) as visitor_code,
        event.session_id,
        event.item_id,
        event.viewed_at,
        event.viewed_day,
        event.event_kind
    from event_rows as event
    inner join visitor_codes on event.visitor_id = visitor_codes.visitor_id
    where event.customer_id is null or $cuts_sessions
)

select
    owned.browser_code,
    owned.visitor_code,
    cast(owned.session_id as bigint) as session_code,
    item_codes.item_code,
    owned.viewed_at,
    owned.viewed_day,
    owned.event_kind,
    case
        when owned.event_kind is null then 1
        when owned.item_id is null then 2
        when not item_codes.is_product then 3
        else 0
    end as reason_code
from owned
left join item_codes on owned.item_id = item_codes.item_key
