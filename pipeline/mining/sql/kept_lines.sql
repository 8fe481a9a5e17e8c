-- one row per order line that nothing leaves out, if returns and repeats do not: its order, its item
-- Items count from 1 here; 0 is a line without one.
select
    order_code as owner_code,
    sku_code + 1 as item_code
from order_lines
where reason is null and order_code % $slices = $slice
