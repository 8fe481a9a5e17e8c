-- one row per basket and item in it
select
    basket_code,
    item_code,
    max(person_code) as person_code,
    min(happened_at) as first_at
from basket_lines
group by basket_code, item_code
