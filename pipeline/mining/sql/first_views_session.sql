-- one row per visitor and viewed item whose session (of the first view) has closed at the window's end
-- Of sessions that saw the item at the same first instant, the one that ends last counts.
with seen as (
    select
        visitor_code,
        item_code,
        session_code,
        min(viewed_at) as first_at
    from views
    where
        viewed_at >= $window_start and viewed_at < $window_end
        and abs(visitor_code) % $slices = $slice
    group by visitor_code, item_code, session_code
),

ordered as (
    select
        seen.visitor_code,
        seen.item_code,
        seen.first_at,
        sessions.ended_at + $horizon_microseconds as horizon_end,
        cast(row_number() over (
            partition by seen.visitor_code, seen.item_code
            order by seen.first_at asc nulls last, sessions.ended_at desc nulls last
        ) as bigint) as place
    from seen
    join sessions on sessions.session_code = seen.session_code
)

select
    visitor_code,
    item_code,
    first_at,
    horizon_end
from ordered
where place = 1 and horizon_end <= $window_end
