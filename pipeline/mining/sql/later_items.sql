-- one row per customer and item bought in the window, whether or not it came back
with bought as (
    select customer_code, item_code
    from sale_lines
    where
        ordered_at >= $window_start and ordered_at < $window_end
        and customer_code is not null and item_code is not null
    union
    select customer_code, item_code
    from returned_lines
    where ordered_at >= $window_start and ordered_at < $window_end and customer_code is not null
)

select
    bought.customer_code,
    items.item_id
from bought
join items on items.item_code = bought.item_code
group by bought.customer_code, items.item_id
