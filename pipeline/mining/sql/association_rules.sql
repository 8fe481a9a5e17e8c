-- one row per rule antecedent -> consequent
select
    substr(md5(
        'association_rules' || chr(31) || $grain || chr(31) || $item_level || chr(31)
        || antecedents.side_text || chr(31) || consequents.side_text
    ), 1, 16) as rule_id,
    antecedents.item_ids as antecedent,
    consequents.item_ids as consequent,
    measured_pairs.rank,
    measured_pairs.joint_count,
    measured_pairs.source_count as antecedent_count,
    measured_pairs.target_count as consequent_count,
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
    mined_rules.is_productive,
    mined_rules.is_redundant,
    mined_rules.lift_holdout,
    mined_rules.held_up,
    cast(null as double) as decayed_weight,
    cast(null as double) as decayed_lift_low,
    $grain as grain,
    $item_level as item_level,
    cast($window_start as bigint) as window_start,
    cast($window_end as bigint) as window_end
from measured_pairs
join mined_rules on mined_rules.rule_code = measured_pairs.target_code
join mined_sides as antecedents on antecedents.side_code = mined_rules.antecedent_code
join mined_sides as consequents on consequents.side_code = mined_rules.consequent_code
