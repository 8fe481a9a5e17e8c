-- one row per order line that nothing leaves out, if returns and repeats do not
select
    order_code,
    sku_code
from order_lines
where reason is null and order_code % $slices = $slice
