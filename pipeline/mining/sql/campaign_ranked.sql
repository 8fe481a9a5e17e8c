-- one row per campaign, customer and item that nothing speaks against, ranked within the customer
-- An item that several campaigns offer is offered by the one with the best score.
with chosen as (
    select
        offer.campaign_code, offer.customer_code, offer.item_code, offer.source_code, offer.evidence,
        offer.joint_count, offer.evidence_count, offer.gap_lower_days, offer.gap_upper_days, offer.view_count,
        offer.probability, offer.timing, offer.days_since, offer.recency, offer.score, items.item_id,
        cast(row_number() over (
            partition by offer.customer_code, offer.item_code
            order by offer.score desc nulls last, offer.joint_count desc nulls last, offer.campaign_code asc nulls last
        ) as bigint) as choice
    from campaign_offers as offer
    join items on items.item_code = offer.item_code
    where offer.reason is null
)

select
    campaign_code, customer_code, item_code, source_code, evidence, joint_count, evidence_count,
    gap_lower_days, gap_upper_days, view_count, probability, timing, days_since, recency, score,
    choice = 1 as is_first,
    cast(row_number() over (
        partition by customer_code, choice = 1
        order by
            score desc nulls last, joint_count desc nulls last, campaign_code asc nulls last, item_id asc nulls last
    ) as bigint) as offer_rank
from chosen
