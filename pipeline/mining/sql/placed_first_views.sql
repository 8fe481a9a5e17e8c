-- one row per viewed item and visitor with an order that may lie between first view and horizon
select
    buying_visitors.place,
    first_views.item_code,
    first_views.first_at as viewed_at,
    first_views.horizon_end
from first_views
join viewed_items on viewed_items.item_code = first_views.item_code
join buying_visitors
    on buying_visitors.visitor_code = first_views.visitor_code
    and buying_visitors.last_ordered_at > first_views.first_at
