-- one row per event, in sessions that a pause of the visitor divides
with gaps as (
    select
        visitor_id, customer_id, item_id, viewed_at, viewed_day, event_kind,
        case
            when viewed_at - lag(viewed_at) over (partition by visitor_id order by viewed_at asc nulls last)
                < $session_gap then 0
            else 1
        end as is_first
    from event_rows
    where visitor_id % $slices = $slice
)

select
    visitor_id,
    customer_id,
    visitor_id * 1000000 + cast(
        sum(is_first) over (
            partition by visitor_id
            order by viewed_at asc nulls last
            range between unbounded preceding and current row
        ) as bigint
    ) as session_id,
    item_id,
    viewed_at,
    viewed_day,
    event_kind
from gaps
