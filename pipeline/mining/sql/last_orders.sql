-- one row per viewed item and visitor who bought after the first view: the last order inside the horizon
with bought as (
    select
        first_views.item_code as source_code,
        first_views.visitor_code,
        first_views.first_at,
        max(visitor_orders.ordered_at) as last_at
    from first_views
    join viewed_items on viewed_items.item_code = first_views.item_code
    join visitor_orders
        on visitor_orders.visitor_code = first_views.visitor_code
        and visitor_orders.ordered_at > first_views.first_at
        and visitor_orders.ordered_at <= first_views.horizon_end
    where abs(first_views.visitor_code) % $slices = $slice
    group by first_views.item_code, first_views.visitor_code, first_views.first_at
)

select
    bought.source_code,
    bought.visitor_code,
    bought.first_at,
    bought.last_at,
    visitor_orders.weight
from bought
join visitor_orders
    on visitor_orders.visitor_code = bought.visitor_code
    and visitor_orders.ordered_at = bought.last_at
