-- one row per order and item of a rule
select
    context_items.item_place,
    context_orders.place as order_place
from sale_lines
join context_items on context_items.item_code = sale_lines.item_code
join context_orders on context_orders.order_code = sale_lines.order_code
group by context_items.item_place, context_orders.place
