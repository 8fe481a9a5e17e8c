-- one row per item sold inside the window, with the sums of its sale lines
select
    item_code,
    cast(sum(quantity) as decimal(28, 4)) as quantity,
    cast(sum(amount) as decimal(28, 4)) as revenue,
    min(ordered_at) as first_sold_at,
    max(ordered_at) as last_sold_at
from sale_lines
where ordered_at >= $window_start and ordered_at < $window_end and item_code is not null
group by item_code
