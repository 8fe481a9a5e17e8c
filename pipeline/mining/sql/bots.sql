-- one row per visitor who is no person
-- A visitor lies above the quantile where no more than $allowed_count have as many items or more,
-- those with as many included: equal visitors are all bots or all people.
with ranked as (
    select
        visitor_code,
        count(*) over (order by item_count desc nulls last) as as_wide_count
    from wide_visitors
),

hasty as (
    select visitor_code
    from busy_events
    group by visitor_code, viewed_day
    having count(*) > $max_events_per_day
)

select visitor_code
from hasty
where $drop_bots
union
select ranked.visitor_code
from ranked
left join buyers on ranked.visitor_code = buyers.customer_code
where $drop_bots and buyers.customer_code is null and ranked.as_wide_count <= $allowed_count
