-- one row per item that enough customers bought again, often enough
select
    items.item_id,
    item_gaps.gap_count,
    item_gaps.customer_count,
    item_gaps.buyer_count,
    cast(item_gaps.customer_count as double) / item_gaps.buyer_count as repeat_share,
    item_gaps.gap_lower_days,
    item_gaps.gap_median_days,
    item_gaps.gap_upper_days,
    $item_level as item_level,
    cast($window_start as bigint) as window_start,
    cast($window_end as bigint) as window_end
from item_gaps
join items on items.item_code = item_gaps.item_code
where item_gaps.gap_count >= $min_gap_count and item_gaps.customer_count >= $min_customers
