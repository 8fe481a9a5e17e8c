-- one row per test window: the orders before it
select cast(count(distinct order_code) as bigint) as order_count
from sale_lines
where ordered_at < $window_start and item_code is not null
