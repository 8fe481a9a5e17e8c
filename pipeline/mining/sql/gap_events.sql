-- one row per event, in sessions that a pause of the visitor divides
with gaps as (
    select
        browser_code, visitor_code, item_code, viewed_at, viewed_day, event_kind, reason_code,
        case
            when viewed_at - lag(viewed_at) over (partition by browser_code order by viewed_at asc nulls last)
                < $session_gap then 0
            else 1
        end as is_first
    from coded_events
    where browser_code % $slices = -$slice
)

select
    browser_code,
    visitor_code,
    browser_code * 1000000 + cast(
        sum(is_first) over (
            partition by browser_code
            order by viewed_at asc nulls last
            range between unbounded preceding and current row
        ) as bigint
    ) as session_code,
    item_code,
    viewed_at,
    viewed_day,
    event_kind,
    reason_code
from gaps
