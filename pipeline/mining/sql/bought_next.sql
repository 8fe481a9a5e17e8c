-- one row per source item and target item
select
    substr(md5(
        'bought_next' || chr(31) || cast($max_gap_days as varchar) || chr(31) || $item_level
        || chr(31) || source.item_id || chr(31) || target.item_id
    ), 1, 16) as rule_id,
    source.item_id as source_item_id,
    target.item_id as target_item_id,
    next_pairs.rank,
    next_pairs.joint_count,
    next_pairs.source_count,
    next_pairs.baseline_target_count,
    next_pairs.baseline_count,
    next_pairs.confidence,
    next_pairs.confidence_low,
    next_pairs.confidence_high,
    next_pairs.baseline_share,
    next_pairs.lift,
    next_pairs.lift_low,
    next_pairs.p_value,
    next_pairs.q_value,
    next_pairs.reverse_count,
    next_pairs.direction_p_value,
    next_pairs.gap_lower_days,
    next_pairs.gap_median_days,
    next_pairs.gap_upper_days,
    cast($max_gap_days as bigint) as max_gap_days,
    $item_level as item_level,
    cast($window_start as bigint) as window_start,
    cast($window_end as bigint) as window_end
from next_pairs
join items as source on source.item_code = next_pairs.source_code
join items as target on target.item_code = next_pairs.target_code
