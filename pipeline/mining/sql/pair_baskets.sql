-- one row per basket and item that may form pairs: no giant baskets, no rare items
with giants as (
    select basket_code
    from basket_sizes
    where size > $max_basket_items
)

select
    baskets.basket_code,
    baskets.item_code,
    baskets.person_code,
    baskets.first_at
from baskets
join pair_items on pair_items.item_code = baskets.item_code
left join giants on giants.basket_code = baskets.basket_code
where giants.basket_code is null
