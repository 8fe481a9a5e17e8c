-- one row per basket and item bought in it inside the window; anonymous lines only at order grain
with coded as (
    select
        case $grain
            when 'customer' then customer_code
            when 'customer_day' then customer_code * 100000 + ordered_day
            else order_code
        end as basket_code,
        item_code,
        customer_code as person_code,
        ordered_at
    from sale_lines
    where ordered_at >= $window_start and ordered_at < $window_end and item_code is not null
)

select
    basket_code,
    item_code,
    max(person_code) as person_code,
    min(ordered_at) as first_at
from coded
where basket_code is not null
group by basket_code, item_code
