-- one row per accepted sale line
with sold as (
    select
        line.order_code,
        line.customer_code,
        line.item_code,
        line.ordered_at,
        line.ordered_day,
        line.quantity,
        coalesce(line.amount, cast(line.quantity * line.unit_price as decimal(18, 4))) as amount
    from order_lines as line
    left join repeated_lines
        on line.order_code = repeated_lines.order_code and line.sku_code = repeated_lines.sku_code
    left join return_scopes
        on coalesce(line.customer_code, -1) = return_scopes.scope_customer
        and case when line.customer_code is null then line.order_code else -1 end = return_scopes.scope_order
        and line.sku_code = return_scopes.sku_code
    where line.reason is null and repeated_lines.order_code is null and return_scopes.sku_code is null
    union all
    select
        order_code,
        customer_code,
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
    sold.customer_code,
    sold.item_code,
    coalesce(order_times.ordered_at, sold.ordered_at) as ordered_at,
    coalesce(order_times.ordered_day, sold.ordered_day) as ordered_day,
    sold.quantity,
    sold.amount
from sold
left join order_times on sold.order_code = order_times.order_code
