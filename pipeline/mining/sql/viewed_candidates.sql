-- one row per campaign, customer and offered item that the customer viewed often and did not buy
with known as (
    select
        source_item_id as item_id,
        n_target,
        n_viewers
    from view_then_bought
    where target_kind = 'own' and n_viewers >= $min_group_size and (n_target = 0 or n_target >= $min_group_size)
),

pooled as (
    select
        cast(coalesce(sum(n_target), 0) as double) as target_count,
        cast(coalesce(sum(n_viewers), 0) as double) as viewer_count
    from known
)

select
    campaign_items.campaign_code,
    customers.customer_code,
    items.item_code,
    items.item_code as source_code,
    'view_then_bought' as evidence,
    coalesce(known.n_target, 0) as joint_count,
    coalesce(known.n_viewers, 0) as evidence_count,
    cast(null as bigint) as gap_lower_days,
    cast(null as bigint) as gap_upper_days,
    viewed_not_bought.view_count,
    cast(coalesce(floor(
        cast(100000000 as double)
        * (coalesce(known.n_target, 0) * pooled.viewer_count + cast($prior_customers as double) * pooled.target_count)
        / nullif(pooled.viewer_count * (coalesce(known.n_viewers, 0) + $prior_customers), 0)
    ), 0) as bigint) as probability,
    cast(100000 as bigint) as timing,
    cast(
        ($window_end - viewed_not_bought.last_viewed_at - ($window_end - viewed_not_bought.last_viewed_at) % 86400000000)
        / 86400000000 as bigint
    ) as days_since
from viewed_not_bought
join items on items.item_id = viewed_not_bought.item_id
join customers on customers.customer_id = viewed_not_bought.customer_id
join campaign_items on campaign_items.item_code = items.item_code and campaign_items.role = 'viewed'
cross join pooled
left join known on known.item_id = items.item_id
