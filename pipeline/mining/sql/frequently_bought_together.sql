-- one row per source item: the set that is bought together with it most tellingly
select
    together_sets.set_id,
    items.item_id as source_item_id,
    together_sets.items,
    together_sets.item_count,
    together_sets.order_count,
    together_sets.source_count,
    cast($basket_count as bigint) as basket_count,
    cast(together_sets.order_count as double) / $basket_count as support,
    together_sets.confidence,
    together_sets.confidence_low,
    together_sets.confidence_high,
    together_sets.set_lift,
    together_sets.least_pair_lift,
    together_sets.p_value,
    together_sets.q_value,
    together_sets.price_sum,
    $item_level as item_level,
    cast($window_start as bigint) as window_start,
    cast($window_end as bigint) as window_end
from together_sets
join items on items.item_code = together_sets.source_code
