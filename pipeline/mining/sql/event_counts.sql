-- one row per visitor, with the number of its events
select
    coalesce(
        cast(visitor_customers.customer_id as bigint), visitor_codes.customer_code, visitor_codes.browser_code
    ) as visitor_code,
    cast(sum(visitor_customers.event_count) as bigint) as event_count
from visitor_customers
inner join visitor_codes on visitor_customers.visitor_id = visitor_codes.visitor_id
group by
    coalesce(
        cast(visitor_customers.customer_id as bigint), visitor_codes.customer_code, visitor_codes.browser_code
    )
