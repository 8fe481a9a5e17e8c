-- one row per source_code and target_code: every pair of tested_pairs that chance does not explain
with places as (  -- numbers in the order of item ids: ties are broken without comparing texts
    select
        item_code,
        cast(row_number() over (order by item_id asc nulls last) as bigint) as place
    from named_items
),

directed as (
    select
        source_code, target_code, source_count, target_count, joint_count, person_count,
        p_value, q_value
    from tested_pairs
    union all
    select
        target_code as source_code,
        source_code as target_code,
        target_count as source_count,
        source_count as target_count,
        joint_count,
        person_count,
        p_value,
        q_value
    from tested_pairs
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
    places.place as target_place,
    directed.p_value,
    directed.q_value
from directed
join places on places.item_code = directed.target_code
