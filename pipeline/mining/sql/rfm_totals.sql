-- one row per run: orders of known customers, and anonymous orders, which RFM leaves out
select
    cast(count(customer_code) as bigint) as order_count,
    cast(count(*) - count(customer_code) as bigint) as anonymous_order_count
from rfm_orders
