-- one row per campaign, customer and offered item whose usual gap has passed since the last purchase
with pooled as (
    select
        cast(coalesce(sum(customer_count), 0) as double) as customer_count,
        cast(coalesce(sum(buyer_count), 0) as double) as buyer_count
    from repurchase_cycle
),

last_bought as (
    select
        campaign_items.campaign_code,
        sale_lines.customer_code,
        sale_lines.item_code,
        cast($as_of_day - max(sale_lines.ordered_day) as bigint) as days_since
    from sale_lines
    join campaign_items on campaign_items.item_code = sale_lines.item_code and campaign_items.role = 'due'
    where sale_lines.ordered_at < $window_end and sale_lines.customer_code is not null
    group by campaign_items.campaign_code, sale_lines.customer_code, sale_lines.item_code
)

select
    last_bought.campaign_code,
    last_bought.customer_code,
    last_bought.item_code,
    last_bought.item_code as source_code,
    'repurchase_cycle' as evidence,
    repurchase_cycle.customer_count as joint_count,
    repurchase_cycle.buyer_count as evidence_count,
    repurchase_cycle.gap_lower_days,
    repurchase_cycle.gap_upper_days,
    cast(null as bigint) as view_count,
    cast(floor(
        cast(100000000 as double)
        * (cast(repurchase_cycle.customer_count as double) * pooled.buyer_count
            + cast($prior_customers as double) * pooled.customer_count)
        / (pooled.buyer_count * (repurchase_cycle.buyer_count + $prior_customers))
    ) as bigint) as probability,
    cast(case
        when last_bought.days_since > repurchase_cycle.gap_upper_days
            then floor(cast(100000 * (repurchase_cycle.gap_upper_days + 1) as double) / (last_bought.days_since + 1))
        else 100000
    end as bigint) as timing,
    last_bought.days_since
from last_bought
join items on items.item_code = last_bought.item_code
join repurchase_cycle on repurchase_cycle.item_id = items.item_id
cross join pooled
where
    repurchase_cycle.customer_count >= $min_group_size
    and last_bought.days_since >= repurchase_cycle.gap_lower_days
    and last_bought.days_since <= repurchase_cycle.gap_upper_days + $max_overdue_days
