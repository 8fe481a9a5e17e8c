-- one row per source_code and target_code that stays when pairs are ranked by age
select
    pair_counts.source_code,
    pair_counts.target_code,
    pair_counts.basket_count,
    pair_counts.source_count,
    pair_counts.target_count,
    pair_counts.joint_count,
    pair_counts.person_count,
    pair_counts.target_place,
    pair_counts.p_value,
    pair_counts.q_value
from pair_counts
join decayed_pairs
    on decayed_pairs.source_code = pair_counts.source_code
    and decayed_pairs.target_code = pair_counts.target_code
