-- one row per customer in a cluster
with ranked as (
    select
        customer_code,
        category,
        item_count,
        cast(sum(item_count) over (partition by customer_code) as bigint) as all_count,
        cast(row_number() over (
            partition by customer_code
            order by item_count desc nulls last, category asc nulls last
        ) as bigint) as place
    from interest_items
)

select
    customers.customer_id,
    customer_clusters.cluster,
    ranked.all_count as item_count,
    ranked.category as top_category,
    cast(ranked.item_count as double) / ranked.all_count as top_share,
    cast($window_start as bigint) as window_start,
    cast($window_end as bigint) as window_end
from customer_clusters
join customers on customers.customer_code = customer_clusters.customer_code
join ranked on ranked.customer_code = customer_clusters.customer_code and ranked.place = 1
