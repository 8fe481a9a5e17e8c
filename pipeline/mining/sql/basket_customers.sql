-- one row per basket of rule_baskets, in order: its customer, -1 where none is known
-- An order that names several customers counts for one of them.
select
    basket_code,
    coalesce(max(customer_code), -1) as customer_code
from rule_baskets
group by basket_code
order by basket_code asc nulls last
