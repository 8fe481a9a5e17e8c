-- one row per sale line of an item before the test window, with its order as the basket of nobody
select
    order_code as basket_code,
    item_code,
    cast(null as bigint) as person_code
from sale_lines
where ordered_at < $window_start and item_code is not null
