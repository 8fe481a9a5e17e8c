-- one row per campaign, owned item and offered item that its buyers buy on a later day
select
    owned.campaign_code,
    source.item_code as source_code,
    target.item_code as target_code,
    bought_next.joint_count,
    bought_next.source_count,
    bought_next.baseline_target_count as target_count,
    bought_next.baseline_count as basket_count,
    bought_next.gap_lower_days,
    bought_next.gap_upper_days
from bought_next
join items as source on source.item_id = bought_next.source_item_id
join items as target on target.item_id = bought_next.target_item_id
join campaign_items as owned on owned.item_code = source.item_code and owned.role = 'owner'
join campaign_items as offered
    on offered.item_code = target.item_code
    and offered.campaign_code = owned.campaign_code
    and offered.role = 'offered'
where bought_next.q_value <= $max_q_value and bought_next.joint_count >= $min_group_size
