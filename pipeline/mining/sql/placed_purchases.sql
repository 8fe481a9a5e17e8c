-- one row per viewing visitor, instant and item bought at it, with the visitor's place
select
    buying_visitors.place,
    visitor_purchases.ordered_at,
    visitor_purchases.item_code
from visitor_purchases
join buying_visitors on buying_visitors.visitor_code = visitor_purchases.visitor_code
