-- one row per viewing visitor who bought inside the window, numbered from 0 by rising code
select
    visitor_code,
    cast(row_number() over (order by visitor_code asc nulls last) as bigint) - 1 as place,
    max(ordered_at) as last_ordered_at
from visitor_purchases
group by visitor_code
