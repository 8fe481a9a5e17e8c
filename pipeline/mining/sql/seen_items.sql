-- one row per item viewed inside the window
with visited as (
    select
        item_code,
        session_code,
        max(visitor_code) as visitor_code
    from views
    where
        viewed_at >= $window_start and viewed_at < $window_end
        and item_code % $slices = $slice
    group by item_code, session_code
),

seen as (
    select
        item_code,
        visitor_code,
        cast(count(*) as bigint) as session_count
    from visited
    group by item_code, visitor_code
)

select
    item_code,
    cast(sum(session_count) as bigint) as view_session_count,
    cast(count(*) as bigint) as visitor_count
from seen
group by item_code
