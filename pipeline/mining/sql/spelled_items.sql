-- one row per item id as it is spelled in the input
select
    spelled.item_key,
    cast(spelled.item_key as varchar) as item_id,
    cast(sum(spelled.line_count) as bigint) as line_count
from (
    select item_id as item_key, count(*) as line_count
    from order_rows
    where item_id is not null
    group by item_id
    union all
    select item_id as item_key, count(*) as line_count
    from event_rows
    where item_id is not null
    group by item_id
    union all
    select item_id as item_key, 0 as line_count
    from catalogue_rows
    group by item_id
) as spelled
group by spelled.item_key
