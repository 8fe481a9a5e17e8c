-- one row per test order: whose it is, and the rank at which the list suggests the hidden item (NULL: not)
select
    tested_items.order_code,
    tested_items.customer_code,
    suggested_items.rank
from tested_items
left join suggested_items
    on suggested_items.order_code = tested_items.order_code and suggested_items.item_code = tested_items.item_code
where tested_items.is_hidden
