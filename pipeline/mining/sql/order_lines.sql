-- one row per order line, coded, with the reason that leaves it out (NULL: none)
-- Returns are netted within a scope: a customer, or, below zero, an order whose customer is not known.
select
    cast(line.order_id as bigint) as order_code,
    coalesce(cast(line.customer_id as bigint), -1 - cast(line.order_id as bigint)) as scope_code,
    coalesce(item_codes.sku_code, -1) as sku_code,
    item_codes.item_code,
    line.ordered_at,
    line.ordered_day,
    abs(line.quantity) as quantity,
    line.unit_price,
    abs(line.amount) as amount,
    line.status,
    line.is_return,
    case
        when $has_items and line.item_id is null then 'missing_item'
        when not coalesce(item_codes.is_product, true) then 'non_product'
        when line.is_void then 'cancelled'
        when line.quantity = 0 then 'zero_quantity'
        when line.unit_price < 0 or sign(line.amount) * sign(line.quantity) < 0 then 'negative_price'
        when (line.unit_price = 0 or line.amount = 0) and not $keep_zero_prices then 'zero_price'
        when line.is_return and not $net_returns then 'return'
        when line.quantity < 0 and not line.is_return then 'negative_quantity'
    end as reason
from order_rows as line
left join item_codes on line.item_id = item_codes.item_key
