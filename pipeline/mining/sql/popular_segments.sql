-- one row per customer with a segment
select
    customers.customer_code,
    rfm_segments.segment as customer_segment
from rfm_segments
join customers on customers.customer_id = rfm_segments.customer_id
