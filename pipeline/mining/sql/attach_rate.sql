-- one row per source item, category and month with an order of the item
select
    items.item_id as source_item_id,
    attached_months.category,
    attached_months.month,
    attached_months.order_count,
    attached_months.attached_count,
    cast(attached_months.attached_count as double) / attached_months.order_count as attach_rate,
    attached_months.attach_rate_low,
    attached_months.attach_rate_high,
    attached_months.baseline_share,
    attached_months.category_rank,
    attached_months.total_order_count,
    attached_months.total_attached_count,
    attached_months.lift_low,
    $item_level as item_level,
    cast($window_start as bigint) as window_start,
    cast($window_end as bigint) as window_end
from attached_months
join items on items.item_code = attached_months.source_code
