-- one row per candidate pair of customer baskets: its baskets are its customers
select
    source_code,
    target_code,
    joint_count as person_count
from candidate_pairs
where source_code % $slices = $slice
