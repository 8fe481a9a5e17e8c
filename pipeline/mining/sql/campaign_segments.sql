-- one row per customer with a segment
select
    customer_id,
    segment
from rfm_segments
