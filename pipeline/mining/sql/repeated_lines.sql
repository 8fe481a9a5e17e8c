-- one row per order and item on several lines
select
    order_code,
    sku_code
from order_lines
where reason is null and $drop_duplicates
group by order_code, sku_code
having count(*) > 1
