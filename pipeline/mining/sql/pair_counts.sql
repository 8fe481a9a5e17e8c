-- one row per source_code and target_code with enough persons behind the pair
-- Where nobody is known, person_count is NULL and asks nothing of the pair.
with counted as (
    select
        candidate_pairs.source_code,
        candidate_pairs.target_code,
        candidate_pairs.source_count,
        candidate_pairs.target_count,
        candidate_pairs.joint_count,
        case when $has_persons then coalesce(pair_persons.person_count, 0) end as person_count
    from candidate_pairs
    left join pair_persons
        on pair_persons.source_code = candidate_pairs.source_code
        and pair_persons.target_code = candidate_pairs.target_code
),

places as (  -- numbers in the order of item ids: ties are broken without comparing texts
    select
        item_code,
        cast(row_number() over (order by item_id asc nulls last) as bigint) as place
    from items
),

directed as (
    select source_code, target_code, source_count, target_count, joint_count, person_count
    from counted
    union all
    select
        target_code as source_code,
        source_code as target_code,
        target_count as source_count,
        source_count as target_count,
        joint_count,
        person_count
    from counted
    where not $after_only
)

select
    directed.source_code,
    directed.target_code,
    cast($basket_count as bigint) as basket_count,
    directed.source_count,
    directed.target_count,
    directed.joint_count,
    directed.person_count,
    places.place as target_place
from directed
join places on places.item_code = directed.target_code
where coalesce(directed.person_count >= $min_persons, true)
