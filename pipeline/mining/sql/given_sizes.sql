-- one row per test window: how many items of one order, and of one category in it, are given at most
with of_orders as (
    select order_code, cast(count(*) as bigint) as item_count
    from tested_items
    group by order_code
),

of_categories as (
    select tested_items.order_code, cast(count(*) as bigint) as item_count
    from tested_items
    join item_categories on item_categories.item_code = tested_items.item_code
    group by tested_items.order_code, item_categories.category_code
)

select
    (select coalesce(max(item_count), 0) from of_orders) as max_items,
    (select coalesce(max(item_count), 0) from of_categories) as max_category_items
