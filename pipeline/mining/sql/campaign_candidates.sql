-- one row per campaign, customer and item that may be offered, of every kind of campaign
select
    campaign_code, customer_code, item_code, source_code, evidence, joint_count, evidence_count,
    gap_lower_days, gap_upper_days, view_count, probability, timing, days_since
from cross_sell_candidates
union all
select
    campaign_code, customer_code, item_code, source_code, evidence, joint_count, evidence_count,
    gap_lower_days, gap_upper_days, view_count, probability, timing, days_since
from viewed_candidates
union all
select
    campaign_code, customer_code, item_code, source_code, evidence, joint_count, evidence_count,
    gap_lower_days, gap_upper_days, view_count, probability, timing, days_since
from due_candidates
