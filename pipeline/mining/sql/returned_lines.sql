-- one row per order and item of which units came back later
select
    order_code,
    item_code,
    min(case when scope_code >= 0 then scope_code end) as customer_code,
    min(ordered_at) as ordered_at
from settled_lines
where not is_return and left_quantity < quantity and item_code is not null
group by order_code, item_code
