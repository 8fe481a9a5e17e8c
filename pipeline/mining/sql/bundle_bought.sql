-- one row per order and item bought in the window, with 1 where a unit came back
with lines as (
    select order_code, item_code, 0 as came_back
    from sale_lines
    where ordered_at >= $window_start and ordered_at < $window_end and item_code is not null
    union all
    select order_code, item_code, 1 as came_back
    from returned_lines
    where ordered_at >= $window_start and ordered_at < $window_end
)

select
    order_code,
    item_code,
    max(came_back) as came_back
from lines
group by order_code, item_code
