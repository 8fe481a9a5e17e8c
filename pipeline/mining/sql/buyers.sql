-- one row per known customer who ordered anything that is a sale
select scope_code as customer_code
from order_lines
where reason is null and not is_return and scope_code >= 0
group by scope_code
