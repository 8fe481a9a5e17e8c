-- one row per bundle and slice of the orders, with counts of orders and of items in them
with held as (
    select
        bundle_items.bundle_code,
        bundle_bought.order_code,
        cast(count(*) as bigint) as item_count,
        cast(sum(bundle_bought.came_back) as bigint) as returned_count,
        max(case when bundle_items.is_main then 1 else 0 end) as has_main,
        max(bundle_items.bundle_size) as bundle_size
    from bundle_bought
    join bundle_items on bundle_items.item_code = bundle_bought.item_code
    where abs(bundle_bought.order_code) % $slices = $slice
    group by bundle_items.bundle_code, bundle_bought.order_code
)

select
    bundle_code,
    cast(sum(case when item_count = bundle_size then 1 else 0 end) as bigint) as order_count,
    cast(sum(has_main) as bigint) as main_order_count,
    cast(sum(case when item_count = bundle_size then returned_count else 0 end) as bigint) as returned_together,
    cast(sum(case when item_count = bundle_size then 0 else item_count end) as bigint) as alone_count,
    cast(sum(case when item_count = bundle_size then 0 else returned_count end) as bigint) as returned_alone
from held
group by bundle_code
