-- one row per order id
select
    order_id,
    cast(row_number() over (order by order_id asc nulls last) as bigint) as order_code
from order_rows
group by order_id
