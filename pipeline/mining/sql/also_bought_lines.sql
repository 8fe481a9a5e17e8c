-- one row per sale line of an item inside the window, with its basket; anonymous only at order grain
select
    case $grain
        when 'customer' then customer_code
        when 'customer_day' then customer_code * 100000 + ordered_day
        else order_code
    end as basket_code,
    item_code,
    customer_code as person_code,
    ordered_at as happened_at
from sale_lines
where
    ordered_at >= $window_start and ordered_at < $window_end and item_code is not null
    and ($grain = 'order' or customer_code is not null)
