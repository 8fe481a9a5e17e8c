-- one row per viewing visitor, instant and item bought at it inside the window
select
    item_code,
    visitor_code as owner_code
from visitor_purchases
where item_code % $slices = $slice
