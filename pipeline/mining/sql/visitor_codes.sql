-- one row per visitor, with the customer behind all its events, where there is exactly one
select
    seen.visitor_id,
    -cast(row_number() over (order by seen.visitor_id asc nulls last) as bigint) as browser_code,
    customers.customer_code
from (
    select
        visitor_id,
        min(customer_id) as first_customer,
        max(customer_id) as last_customer
    from event_rows
    group by visitor_id
) as seen
left join customers
    on seen.first_customer = customers.customer_key and seen.first_customer = seen.last_customer
