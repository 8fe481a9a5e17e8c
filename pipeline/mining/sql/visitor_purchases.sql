-- one row per viewing visitor, instant and item bought at it inside the window
select
    sale_lines.customer_code as visitor_code,
    sale_lines.ordered_at,
    sale_lines.item_code
from sale_lines
join viewing_visitors on viewing_visitors.visitor_code = sale_lines.customer_code
where
    sale_lines.ordered_at >= $window_start and sale_lines.ordered_at < $window_end
    and sale_lines.item_code is not null
group by sale_lines.customer_code, sale_lines.ordered_at, sale_lines.item_code
