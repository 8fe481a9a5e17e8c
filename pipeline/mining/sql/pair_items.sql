-- one row per item that at least $min_item_count baskets hold, giant baskets left out
select
    basket_items.item_code,
    basket_items.item_count,
    named_items.family_id
from basket_items
join named_items on named_items.item_code = basket_items.item_code
where basket_items.item_count >= $min_item_count
