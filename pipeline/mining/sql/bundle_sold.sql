-- one row per item sold in the window, with the units sold in 1/10,000
select
    items.item_id,
    cast(sum(sale_lines.quantity) * 10000 as bigint) as quantity
from sale_lines
join items on items.item_code = sale_lines.item_code
where sale_lines.ordered_at >= $window_start and sale_lines.ordered_at < $window_end
group by items.item_id
