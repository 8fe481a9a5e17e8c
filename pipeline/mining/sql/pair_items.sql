-- one row per item that at least $min_item_count baskets hold, giant baskets left out
select
    basket_items.item_code,
    basket_items.item_count,
    case when $leaves_out_families then items.product_id end as family_id
from basket_items
join items on items.item_code = basket_items.item_code
where basket_items.item_count >= $min_item_count
