-- one row per visitor, with the customer behind all its events, where there is exactly one
-- A browser's code is negative, so that no customer has it.
select
    visitor_id,
    case when visitor_id >= 0 then -1 - 2 * visitor_id else 2 * visitor_id end as browser_code,
    cast(case when min(customer_id) = max(customer_id) then min(customer_id) end as bigint) as customer_code
from visitor_customers
group by visitor_id
