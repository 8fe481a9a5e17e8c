-- one row per order whose lines have different times
select
    order_code,
    min(ordered_at) as ordered_at,
    min(ordered_day) as ordered_day
from order_lines
where reason is null and not is_return
group by order_code
having min(ordered_at) < max(ordered_at)
