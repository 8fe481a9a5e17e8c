-- one row per visitor who is no person
-- A visitor lies above the quantile where no more than $allowed_count have as many items or more,
-- those with as many included: equal visitors are all bots or all people.
with ranked as (
    select
        visitor_code,
        count(*) over (order by item_count desc nulls last) as as_wide_count
    from wide_visitors
)

select busy_visitors.visitor_code
from busy_visitors
left join ranked on busy_visitors.visitor_code = ranked.visitor_code
left join buyers on busy_visitors.visitor_code = buyers.customer_code
where
    $drop_bots
    and (
        busy_visitors.most_events_a_day > $max_events_per_day
        or (buyers.customer_code is null and ranked.as_wide_count <= $allowed_count)
    )
