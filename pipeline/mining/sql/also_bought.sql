-- one row per source item and target item
select
    substr(md5(
        'also_bought' || chr(31) || $grain || chr(31) || $item_level || chr(31)
        || source.item_id || chr(31) || target.item_id
    ), 1, 16) as rule_id,
    source.item_id as source_item_id,
    target.item_id as target_item_id,
    coalesce(decayed_pairs.rank, measured_pairs.rank) as rank,
    measured_pairs.joint_count,
    measured_pairs.source_count,
    measured_pairs.target_count,
    measured_pairs.basket_count,
    measured_pairs.person_count as customer_count,
    measured_pairs.support,
    measured_pairs.confidence,
    measured_pairs.lift,
    measured_pairs.leverage,
    measured_pairs.conviction,
    measured_pairs.zhang,
    measured_pairs.jaccard,
    measured_pairs.cosine,
    measured_pairs.kulczynski,
    measured_pairs.imbalance,
    measured_pairs.confidence_low,
    measured_pairs.confidence_high,
    measured_pairs.lift_low,
    measured_pairs.log_likelihood,
    measured_pairs.p_value,
    measured_pairs.q_value,
    decayed_pairs.decayed_weight,
    decayed_pairs.decayed_lift_low,
    $grain as grain,
    $item_level as item_level,
    cast($window_start as bigint) as window_start,
    cast($window_end as bigint) as window_end
from measured_pairs
join named_items as source on source.item_code = measured_pairs.source_code
join named_items as target on target.item_code = measured_pairs.target_code
left join decayed_pairs
    on decayed_pairs.source_code = measured_pairs.source_code
    and decayed_pairs.target_code = measured_pairs.target_code
