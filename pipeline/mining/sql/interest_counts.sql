-- one row per customer and interest, with the items bought of it; an item counts once an order
with bought as (
    select
        customer_code,
        order_code,
        item_code
    from sale_lines
    where
        ordered_at >= $window_start
        and ordered_at < $window_end
        and customer_code is not null
        and item_code is not null
    group by customer_code, order_code, item_code
)

select
    bought.customer_code,
    interest_categories.interest_code,
    cast(count(*) as bigint) as item_count
from bought
join interest_categories on interest_categories.item_code = bought.item_code
group by bought.customer_code, interest_categories.interest_code
