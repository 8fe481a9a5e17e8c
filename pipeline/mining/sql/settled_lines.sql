-- one row per open line, with the quantity that is left of it after returns
-- A return takes back the units bought last. In time order a purchase adds its quantity to the
-- balance of its scope and a return takes it off, never below zero; the units of a purchase lie
-- between the balance before it and after it, and are left where no later balance is lower.
with moves as (
    select
        order_code, scope_code, sku_code, item_code, ordered_at, ordered_day,
        quantity, unit_price, amount, status, is_return, line_count,
        case when is_return then -quantity else quantity end as moved
    from open_lines
),

summed as (
    select
        order_code, scope_code, sku_code, item_code, ordered_at, ordered_day, quantity, unit_price, amount,
        is_return, line_count, moved,
        cast(row_number() over in_time as bigint) as place,
        cast(sum(moved) over in_time as decimal(38, 4)) as total
    from moves
    window in_time as (
        partition by scope_code, sku_code
        order by
            ordered_at asc nulls last, is_return asc nulls last, order_code asc nulls last,
            quantity asc nulls last, unit_price asc nulls last, amount asc nulls last,
            cast(status as varchar) asc nulls last
        rows between unbounded preceding and current row
    )
),

balanced as (
    select
        order_code, scope_code, sku_code, item_code, ordered_at, ordered_day, quantity, unit_price, amount,
        is_return, line_count, moved, place, total,
        least(0, min(total) over (partition by scope_code, sku_code order by place asc nulls last)) as lowest
    from summed
)

select
    order_code, scope_code, item_code, ordered_at, ordered_day, quantity, unit_price, amount,
    is_return, line_count,
    cast(greatest(
        0,
        min(total - lowest) over (
            partition by scope_code, sku_code
            order by place asc nulls last
            rows between current row and unbounded following
        ) - (total - lowest - moved)
    ) as decimal(18, 4)) as left_quantity,
    cast(coalesce(
        lag(lowest) over (partition by scope_code, sku_code order by place asc nulls last), 0
    ) - lowest as decimal(18, 4)) as unmatched_quantity
from balanced
