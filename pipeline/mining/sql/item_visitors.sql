-- one row per item viewed inside the window, with the distinct visitors who viewed it
with viewed as (
    select item_code, visitor_code
    from views
    where
        viewed_at >= $window_start and viewed_at < $window_end
        and item_code % $slices = $slice
    group by item_code, visitor_code
)

select
    item_code,
    cast(count(*) as bigint) as visitor_count
from viewed
group by item_code
