-- one row per event of a visitor who may have too many, on a day or of items, to be a person
with busy as (
    select visitor_code
    from event_counts
    where event_count > $max_events_per_day or event_count > $min_items
),

browsers as (
    select
        visitor_codes.visitor_id,
        busy.visitor_code
    from visitor_codes
    inner join busy on coalesce(visitor_codes.customer_code, visitor_codes.browser_code) = busy.visitor_code
),

owned as (
    select
        busy.visitor_code,
        event.item_id,
        event.viewed_day,
        event.event_kind
    from event_rows as event
    inner join busy on event.customer_id = busy.visitor_code
    union all
    select
        browsers.visitor_code,
        event.item_id,
        event.viewed_day,
        event.event_kind
    from event_rows as event
    inner join browsers on event.visitor_id = browsers.visitor_id
    where event.customer_id is null
)

select
    owned.visitor_code,
    item_codes.item_code,
    owned.viewed_day,
    owned.event_kind is not null and coalesce(item_codes.is_product, false) as is_accepted
from owned
left join item_codes on owned.item_id = item_codes.item_key
