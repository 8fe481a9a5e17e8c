-- one row per accepted view of an item
-- An event that names its customer needs no look at its visitor.
with owned as (
    select
        cast(customer_id as bigint) as visitor_code,
        session_id,
        item_id,
        viewed_at,
        viewed_day
    from event_rows
    where event_kind = 0 and customer_id is not null
    union all
    select
        coalesce(visitor_codes.customer_code, visitor_codes.browser_code) as visitor_code,
        event.session_id,
        event.item_id,
        event.viewed_at,
        event.viewed_day
    from event_rows as event
    inner join visitor_codes on event.visitor_id = visitor_codes.visitor_id
    where event.event_kind = 0 and event.customer_id is null
)

select
    owned.visitor_code,
    cast(owned.session_id as bigint) as session_code,
    item_codes.item_code,
    owned.viewed_at,
    owned.viewed_day
from owned
inner join item_codes on owned.item_id = item_codes.item_key
left join bots on owned.visitor_code = bots.visitor_code
where item_codes.is_product and bots.visitor_code is null
