-- one row per item that the orders, the browse log or the catalogue names
with priced as (  -- without any price, the revenue of an unsold item is unknown, not 0
    select case when count(revenue) > 0 then 0 end as no_revenue
    from sold_items
)

select
    items.item_id,
    items.product_id,
    items.name,
    items.category,
    items.brand,
    cast(items.price as double) as price,
    items.stock,
    items.is_listed,
    item_attributes.attributes,
    coalesce(item_orders.owner_count, 0) as order_count,
    coalesce(item_customers.owner_count, 0) as customer_count,
    coalesce(cast(sold_items.quantity as double), 0) as quantity,
    case
        when sold_items.item_code is null then cast(priced.no_revenue as double)
        else cast(sold_items.revenue as double)
    end as revenue,
    sold_items.first_sold_at,
    sold_items.last_sold_at,
    coalesce(item_visitors.line_count, 0) as view_count,
    coalesce(item_visitors.owner_count, 0) as visitor_count,
    $item_level as item_level
from items
cross join priced
left join item_attributes on item_attributes.item_code = items.item_code
left join sold_items on sold_items.item_code = items.item_code
left join item_orders on item_orders.item_code = items.item_code
left join item_customers on item_customers.item_code = items.item_code
left join item_visitors on item_visitors.item_code = items.item_code
