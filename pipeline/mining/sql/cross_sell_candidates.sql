-- one row per campaign, owner and offered item, with the owned item that speaks most for it
-- Timing is in units of 1e-5: all of it between the quartiles of the gap, less the farther outside.
with timed as (
    select
        campaign_owners.campaign_code,
        campaign_owners.customer_code,
        campaign_links.target_code,
        campaign_links.source_code,
        campaign_links.evidence,
        campaign_links.joint_count,
        campaign_links.evidence_count,
        campaign_links.gap_lower_days,
        campaign_links.gap_upper_days,
        campaign_links.probability,
        cast($as_of_day - campaign_owners.first_day as bigint) as days_since
    from campaign_owners
    join campaign_links
        on campaign_links.campaign_code = campaign_owners.campaign_code
        and campaign_links.source_code = campaign_owners.source_code
    where abs(campaign_owners.customer_code) % $slices = $slice
),

weighed as (
    select
        campaign_code, customer_code, target_code, source_code, evidence, joint_count, evidence_count,
        gap_lower_days, gap_upper_days, probability, days_since,
        cast(case
            when days_since < gap_lower_days
                then floor(cast(100000 * (days_since + 1) as double) / (gap_lower_days + 1))
            when days_since > gap_upper_days
                then floor(cast(100000 * (gap_upper_days + 1) as double) / (days_since + 1))
            else 100000
        end as bigint) as timing
    from timed
),

ranked as (
    select
        campaign_code, customer_code, target_code, source_code, evidence, joint_count, evidence_count,
        gap_lower_days, gap_upper_days, probability, days_since, timing,
        cast(row_number() over (
            partition by campaign_code, customer_code, target_code
            order by probability * timing desc nulls last, joint_count desc nulls last, source_code asc nulls last
        ) as bigint) as choice
    from weighed
)

select
    campaign_code, customer_code, target_code as item_code, source_code, evidence, joint_count, evidence_count,
    gap_lower_days, gap_upper_days, cast(null as bigint) as view_count, probability, timing, days_since
from ranked
where choice = 1
