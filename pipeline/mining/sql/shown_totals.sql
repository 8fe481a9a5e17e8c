-- one row per list: what it suggests to the test orders
select
    cast(count(distinct trained_items.item_code) as bigint) as item_count,
    cast(count(*) as bigint) as shown_count,
    cast(coalesce(sum(trained_items.order_count), 0) as bigint) as popularity
from suggested_items
left join trained_items on trained_items.item_code = suggested_items.item_code
