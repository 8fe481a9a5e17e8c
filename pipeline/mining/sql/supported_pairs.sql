-- one row per candidate pair with enough persons behind it
-- Where nobody is known, person_count is NULL and asks nothing of the pair.
with counted as (
    select
        candidate_pairs.source_code,
        candidate_pairs.target_code,
        candidate_pairs.source_count,
        candidate_pairs.target_count,
        candidate_pairs.joint_count,
        case when $has_persons then coalesce(candidate_pairs.person_count, pair_persons.person_count, 0) end
            as person_count
    from candidate_pairs
    left join pair_persons
        on pair_persons.source_code = candidate_pairs.source_code
        and pair_persons.target_code = candidate_pairs.target_code
)

select source_code, target_code, source_count, target_count, joint_count, person_count
from counted
where coalesce(person_count >= $min_persons, true)
