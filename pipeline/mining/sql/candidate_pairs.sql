-- one row per pair of joint_counts that is no family and stands together more often than expected
-- Lift is compared as a ratio of integers: n_AB N / (n_A n_B) > numerator / denominator.
select
    joint_counts.source_code,
    joint_counts.target_code,
    cast(joint_counts.source_code as bigint) * 4294967296 + joint_counts.target_code as pair_code,
    source.item_count as source_count,
    target.item_count as target_count,
    joint_counts.joint_count,
    joint_counts.person_count
from joint_counts
join pair_items as source on source.item_code = joint_counts.source_code
join pair_items as target on target.item_code = joint_counts.target_code
where
    coalesce(source.family_id <> target.family_id, true)
    and cast(joint_counts.joint_count as decimal(10, 0)) * cast($basket_count as decimal(10, 0))
        * cast($lift_denominator as decimal(10, 0))
    > cast(source.item_count as decimal(10, 0)) * cast(target.item_count as decimal(10, 0))
        * cast($lift_numerator as decimal(18, 0))
