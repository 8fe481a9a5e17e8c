-- one row per test order and what a list may start from: its items that are not hidden, as codes
-- below zero their categories, and -1, which every order gives
select
    order_code,
    item_code as given_code
from tested_items
where not is_hidden
union all
select distinct
    tested_items.order_code,
    item_categories.category_code as given_code
from tested_items
join item_categories on item_categories.item_code = tested_items.item_code
where not tested_items.is_hidden
union all
select
    order_code,
    -1 as given_code
from tested_items
where is_hidden
