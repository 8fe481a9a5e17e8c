-- one row per order whose lines have different times
select
    line.order_code,
    min(line.ordered_at) as ordered_at,
    min(line.ordered_day) as ordered_day
from order_lines as line
inner join long_orders on line.order_code = long_orders.order_code
where line.reason is null and not line.is_return
group by line.order_code
having min(line.ordered_at) < max(line.ordered_at)
