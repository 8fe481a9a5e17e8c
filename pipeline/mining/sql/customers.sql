-- one row per customer of the orders or of the browse log
select
    cast(row_number() over (order by known.customer_key asc nulls last) as bigint) as customer_code,
    known.customer_key,
    cast(known.customer_key as varchar) as customer_id
from (
    select customer_id as customer_key
    from order_rows
    where customer_id is not null
    group by customer_id
    union
    select customer_id as customer_key
    from event_rows
    where customer_id is not null
    group by customer_id
) as known
