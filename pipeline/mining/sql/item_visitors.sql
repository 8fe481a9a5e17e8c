-- one row per item viewed inside the window, with its views and the distinct visitors behind them
with viewed as (
    select
        item_code,
        visitor_code,
        cast(count(*) as bigint) as view_count
    from views
    where
        viewed_at >= $window_start and viewed_at < $window_end
        and item_code % $slices = $slice
    group by item_code, visitor_code
)

select
    item_code,
    cast(sum(view_count) as bigint) as view_count,
    cast(count(*) as bigint) as visitor_count
from viewed
group by item_code
