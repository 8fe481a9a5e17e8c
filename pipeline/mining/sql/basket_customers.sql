-- one row per line of rule_baskets: its basket, and a number for its customer, 0 where none is known
select
    basket_code as owner_code,
    coalesce(customer_code, -1) + 1 as item_code
from rule_baskets
