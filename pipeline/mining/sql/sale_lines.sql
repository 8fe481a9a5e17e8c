-- one row per accepted sale line
with sold as (
    select
        line.order_code,
        line.scope_code,
        line.item_code,
        line.ordered_at,
        line.ordered_day,
        line.quantity,
        coalesce(line.amount, cast(line.quantity * line.unit_price as decimal(18, 4))) as amount
    from order_lines as line
    left join open_scopes on line.scope_code = open_scopes.scope_code and line.sku_code = open_scopes.sku_code
    where line.reason is null and open_scopes.scope_code is null
    union all
    select
        order_code,
        scope_code,
        item_code,
        ordered_at,
        ordered_day,
        left_quantity as quantity,
        coalesce(
            case
                when left_quantity = quantity then amount
                else cast(amount * (cast(left_quantity as double) / cast(quantity as double)) as decimal(18, 4))
            end,
            cast(cast(left_quantity as decimal(19, 4)) * unit_price as decimal(18, 4))
        ) as amount
    from settled_lines
    where not is_return and left_quantity > 0
)

select
    sold.order_code,
    case when sold.scope_code >= 0 then sold.scope_code end as customer_code,
    sold.item_code,
    coalesce(order_times.ordered_at, sold.ordered_at) as ordered_at,
    coalesce(order_times.ordered_day, sold.ordered_day) as ordered_day,
    sold.quantity,
    sold.amount
from sold
left join order_times on sold.order_code = order_times.order_code
