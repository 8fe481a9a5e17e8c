-- one row per item, with the viewing visitors who bought it inside the window
with buyers as (
    select
        item_code,
        visitor_code
    from visitor_purchases
    group by item_code, visitor_code
)

select
    item_code,
    cast(count(*) as bigint) as buyer_count
from buyers
group by item_code
