-- one row per customer and item that the customer viewed often enough and did not buy
with bought as (
    select
        sale_lines.customer_code,
        sale_lines.item_code
    from sale_lines
    join viewing_interests
        on viewing_interests.customer_code = sale_lines.customer_code
        and viewing_interests.item_code = sale_lines.item_code
    where sale_lines.ordered_at >= $bought_start and sale_lines.ordered_at < $window_end
    group by sale_lines.customer_code, sale_lines.item_code
)

select
    customers.customer_id,
    items.item_id,
    viewing_interests.view_count,
    viewing_interests.session_count,
    viewing_interests.first_viewed_at,
    viewing_interests.last_viewed_at,
    cast(items.price as double) as price,
    cast($bought_start as bigint) as bought_start,
    $item_level as item_level,
    cast($window_start as bigint) as window_start,
    cast($window_end as bigint) as window_end
from viewing_interests
join customers on customers.customer_code = viewing_interests.customer_code
join items on items.item_code = viewing_interests.item_code
left join bought
    on bought.customer_code = viewing_interests.customer_code
    and bought.item_code = viewing_interests.item_code
where bought.customer_code is null
