-- one row per cluster and category that its customers bought from
with counted as (
    select
        customer_clusters.cluster,
        interest_items.category,
        cast(sum(interest_items.item_count) as bigint) as item_count
    from interest_items
    join customer_clusters on customer_clusters.customer_code = interest_items.customer_code
    group by customer_clusters.cluster, interest_items.category
),

sizes as (
    select
        cluster,
        cast(count(*) as bigint) as customer_count
    from customer_clusters
    group by cluster
),

summed as (
    select
        cluster,
        category,
        item_count,
        cast(sum(item_count) over (partition by cluster) as bigint) as cluster_item_count,
        cast(sum(item_count) over (partition by category) as bigint) as category_item_count,
        cast(sum(item_count) over () as bigint) as all_item_count
    from counted
)

select
    summed.cluster,
    summed.category,
    sizes.customer_count,
    summed.item_count,
    summed.cluster_item_count,
    cast(summed.item_count as double) / summed.cluster_item_count as share,
    cast(summed.category_item_count as double) / summed.all_item_count as overall_share,
    (cast(summed.item_count as double) * summed.all_item_count)
    / (cast(summed.cluster_item_count as double) * summed.category_item_count) as lift,
    cast($window_start as bigint) as window_start,
    cast($window_end as bigint) as window_end
from summed
join sizes on sizes.cluster = summed.cluster
