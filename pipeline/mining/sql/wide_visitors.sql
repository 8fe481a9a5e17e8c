-- one row per visitor with more distinct items than the bot rule spares
select
    visitor_code,
    count(*) as item_count
from (
    select
        visitor_code,
        item_code
    from busy_events
    where item_code is not null
    group by visitor_code, item_code
) as seen
group by visitor_code
having count(*) > $min_items
