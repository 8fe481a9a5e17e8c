-- one row per order line that is a sale, if nothing else comes to light: its order and its time
select
    order_code,
    ordered_at
from order_lines
where reason is null and not is_return
