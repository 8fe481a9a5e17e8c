-- one row per item and audience whose orders hold it; of a segment only what it buys most
with ranked as (
    select
        popular_counts.*,
        items.item_id,
        items.category,
        cast(row_number() over (
            partition by popular_counts.customer_segment
            order by
                popular_counts.order_count desc nulls last,
                popular_counts.customer_count desc nulls last,
                items.item_id asc nulls last
        ) as bigint) as segment_rank
    from popular_counts
    join items on items.item_code = popular_counts.item_code
)

select
    item_id,
    customer_segment,
    segment_rank,
    case when category is not null then cast(row_number() over (
        partition by customer_segment, category
        order by segment_rank asc nulls last
    ) as bigint) end as category_rank,
    order_count,
    customer_count,
    cast(quantity as double) as quantity,
    cast($day_count as bigint) as day_count,
    recent_order_count,
    case when $has_previous then previous_order_count end as previous_order_count,
    cast($trend_days as bigint) as trend_days,
    $item_level as item_level,
    cast($window_start as bigint) as window_start,
    cast($window_end as bigint) as window_end
from ranked
where customer_segment = $everyone or segment_rank <= $segment_items
