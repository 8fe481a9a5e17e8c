-- one row per campaign, owned item and offered item that is also bought
select
    owned.campaign_code,
    source.item_code as source_code,
    target.item_code as target_code,
    also_bought.joint_count,
    also_bought.source_count,
    also_bought.target_count,
    also_bought.basket_count,
    cast(null as bigint) as gap_lower_days,
    cast(null as bigint) as gap_upper_days
from also_bought
join items as source on source.item_id = also_bought.source_item_id
join items as target on target.item_id = also_bought.target_item_id
join campaign_items as owned on owned.item_code = source.item_code and owned.role = 'owner'
join campaign_items as offered
    on offered.item_code = target.item_code
    and offered.campaign_code = owned.campaign_code
    and offered.role = 'offered'
where
    also_bought.q_value <= $max_q_value
    and coalesce(also_bought.customer_count, also_bought.joint_count) >= $min_group_size
    and also_bought.joint_count >= $min_group_size
