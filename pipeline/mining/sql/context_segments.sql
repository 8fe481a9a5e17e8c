-- one row per order of a customer with a segment
select
    context_orders.place,
    rfm_segments.segment as value
from context_orders
join customers on customers.customer_code = context_orders.customer_code
join rfm_segments on rfm_segments.customer_id = customers.customer_id
