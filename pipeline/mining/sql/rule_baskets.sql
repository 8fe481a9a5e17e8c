-- one row per sale line of an item inside the window, with its basket and its customer
select
    case $grain
        when 'order' then order_code
        when 'customer' then customer_code
        else customer_code * 10000000 + ordered_day + 5000000
    end as basket_code,
    item_code,
    customer_code
from sale_lines
where
    ordered_at >= $window_start
    and ordered_at < $window_end
    and item_code is not null
    and ($grain = 'order' or customer_code is not null)
