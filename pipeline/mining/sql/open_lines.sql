-- one row per order line that a return may change, or that stands for several equal ones
with waiting as (
    select
        line.order_code, line.scope_code, line.sku_code, line.item_code, line.ordered_at, line.ordered_day,
        line.quantity, line.unit_price, line.amount, line.status, line.is_return,
        repeated_lines.order_code is not null as is_repeated
    from order_lines as line
    inner join open_scopes on line.scope_code = open_scopes.scope_code and line.sku_code = open_scopes.sku_code
    left join repeated_lines
        on line.order_code = repeated_lines.order_code and line.sku_code = repeated_lines.sku_code
    where line.reason is null
)

select
    order_code, scope_code, sku_code, item_code, ordered_at, ordered_day,
    quantity, unit_price, amount, status, is_return,
    cast(1 as bigint) as line_count
from waiting
where not is_repeated
union all
select
    order_code, scope_code, sku_code, item_code, ordered_at, ordered_day,
    quantity, unit_price, amount, status, is_return,
    cast(count(*) as bigint) as line_count
from waiting
where is_repeated
group by
    order_code, scope_code, sku_code, item_code, ordered_at, ordered_day,
    quantity, unit_price, amount, status, is_return
