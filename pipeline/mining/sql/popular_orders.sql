-- one row per item and order since $orders_start
select
    item_code,
    order_code,
    max(customer_code) as customer_code,
    min(ordered_at) as ordered_at,
    cast(sum(quantity) as decimal(28, 4)) as quantity
from sale_lines
where
    ordered_at >= $orders_start and ordered_at < $window_end
    and item_code is not null and item_code % $slices = $slice
group by item_code, order_code
