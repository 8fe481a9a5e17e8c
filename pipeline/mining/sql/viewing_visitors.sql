-- one row per visitor with a view inside the window
with visitors as (
    select
        visitor_code,
        cast(count(*) as bigint) as view_count
    from views
    where viewed_at >= $window_start and viewed_at < $window_end
    group by visitor_code
)

select
    visitors.visitor_code,
    visitors.view_count,
    case when customers.customer_code is null then 0 else visitors.view_count end
        as stitched_view_count
from visitors
left join customers on customers.customer_code = visitors.visitor_code
