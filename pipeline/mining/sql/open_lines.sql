-- one row per order line that a return may change, or that stands for several equal ones
with copies as (
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
        cast(
            row_number() over (
                partition by
                    line.order_code, line.customer_code, line.sku_code, line.ordered_at, line.quantity,
                    line.unit_price, line.amount, line.status, line.is_return
                order by line.order_code asc nulls last
            ) as bigint
        ) as place,
        cast(
            count(*) over (
                partition by
                    line.order_code, line.customer_code, line.sku_code, line.ordered_at, line.quantity,
                    line.unit_price, line.amount, line.status, line.is_return
            ) as bigint
        ) as copy_count
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
)

select
    order_code,
    customer_code,
    sku_code,
    item_code,
    ordered_at,
    ordered_day,
    quantity,
    unit_price,
    amount,
    status,
    is_return,
    case when $drop_duplicates then copy_count else 1 end as line_count
from copies
where place = 1 or not $drop_duplicates
