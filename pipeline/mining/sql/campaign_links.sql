-- one row per campaign, owned item and offered item, with what the offer rests on
-- The probability is in units of 1e-8: the share drawn to that of all customers (or baskets).
with every_link as (
    select
        'bought_next' as evidence,
        1 as place,
        next_links.campaign_code, next_links.source_code, next_links.target_code,
        next_links.joint_count, next_links.source_count, next_links.target_count, next_links.basket_count,
        next_links.gap_lower_days, next_links.gap_upper_days
    from next_links
    union all
    select
        'also_bought' as evidence,
        2 as place,
        bought_links.campaign_code, bought_links.source_code, bought_links.target_code,
        bought_links.joint_count, bought_links.source_count, bought_links.target_count, bought_links.basket_count,
        bought_links.gap_lower_days, bought_links.gap_upper_days
    from bought_links
),

ranked as (
    select
        evidence, campaign_code, source_code, target_code,
        joint_count, source_count, target_count, basket_count, gap_lower_days, gap_upper_days,
        cast(row_number() over (
            partition by campaign_code, source_code, target_code order by place asc nulls last
        ) as bigint) as choice
    from every_link
)

select
    campaign_code,
    source_code,
    target_code,
    evidence,
    joint_count,
    source_count as evidence_count,
    gap_lower_days,
    gap_upper_days,
    cast(floor(
        cast(100000000 as double)
        * (cast(joint_count as double) * basket_count + cast($prior_customers as double) * target_count)
        / (cast(basket_count as double) * (source_count + $prior_customers))
    ) as bigint) as probability
from ranked
where choice = 1
