-- one row per scope and item with a return, or with several lines in one order
select
    scope_code,
    sku_code
from order_lines
where is_return and reason is null
union
select
    line.scope_code,
    line.sku_code
from order_lines as line
inner join repeated_lines
    on line.order_code = repeated_lines.order_code and line.sku_code = repeated_lines.sku_code
where line.reason is null
