-- one row per customer and item of a cross-sell that the customer has, or another one of its family
with families as (
    select
        item_code,
        case
            when $item_level = 'sku' and product_id is not null then 'product ' || product_id
            else 'item ' || item_id
        end as family
    from items
),

had as (
    select
        sale_lines.customer_code,
        families.family
    from sale_lines
    join families on families.item_code = sale_lines.item_code
    where sale_lines.ordered_at < $window_end and sale_lines.customer_code is not null
    group by sale_lines.customer_code, families.family
)

select
    cross_sell_candidates.customer_code,
    cross_sell_candidates.item_code
from cross_sell_candidates
join families on families.item_code = cross_sell_candidates.item_code
join had on had.customer_code = cross_sell_candidates.customer_code and had.family = families.family
group by cross_sell_candidates.customer_code, cross_sell_candidates.item_code
