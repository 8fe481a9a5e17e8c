-- one row per basket, with its number of distinct items
select
    basket_code,
    cast(count(*) as bigint) as size,
    max(person_code) as person_code
from baskets
group by basket_code
