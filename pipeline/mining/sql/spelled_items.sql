-- one row per item id as it is spelled in the input
-- A text has a number among the keys; without one, the number is the id.
with spelled as (
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
)

select
    spelled.item_key,
    coalesce(item_id_keys.item_id, cast(spelled.item_key as varchar)) as item_id,
    cast(sum(spelled.line_count) as bigint) as line_count
from spelled
left join item_id_keys on spelled.item_key = item_id_keys.code
group by spelled.item_key, item_id_keys.item_id
