-- one row per known customer who ordered anything that is a sale
select customer_code
from order_lines
where reason is null and not is_return and customer_code is not null
group by customer_code
