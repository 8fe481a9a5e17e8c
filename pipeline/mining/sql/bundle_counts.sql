-- one row per bundle that any order holds a part of, with its counts over all orders
select
    bundle_code,
    cast(sum(order_count) as bigint) as order_count,
    cast(sum(main_order_count) as bigint) as main_order_count,
    cast(sum(returned_together) as bigint) as returned_together,
    cast(sum(alone_count) as bigint) as alone_count,
    cast(sum(returned_alone) as bigint) as returned_alone
from bundle_parts
group by bundle_code
