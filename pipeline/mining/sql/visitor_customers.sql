-- one row per visitor and customer that its events name (NULL: none), with the number of events
select
    visitor_id,
    customer_id,
    cast(count(*) as bigint) as event_count
from event_rows
group by visitor_id, customer_id
