-- one row per different order line that a duplicate or a return may change
select
    line.order_code,
    line.customer_code,
    line.sku_code,
    line.item_code,
    line.ordered_at,
    line.ordered_day,
    line.quantity,
    line.unit_price,
    line.amount,
    line.status,
    line.is_return,
    count(*) as line_count
from order_lines as line
left join repeated_lines
    on line.order_code = repeated_lines.order_code and line.sku_code = repeated_lines.sku_code
left join return_scopes
    on coalesce(line.customer_code, -1) = return_scopes.scope_customer
    and case when line.customer_code is null then line.order_code else -1 end = return_scopes.scope_order
    and line.sku_code = return_scopes.sku_code
where
    line.reason is null
    and (repeated_lines.order_code is not null or return_scopes.sku_code is not null)
group by
    line.order_code,
    line.customer_code,
    line.sku_code,
    line.item_code,
    line.ordered_at,
    line.ordered_day,
    line.quantity,
    line.unit_price,
    line.amount,
    line.status,
    line.is_return
