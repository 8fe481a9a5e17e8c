-- one row per source_code and target_code: the best $max_targets of each source
with ranked as (
    select
        next_pairs.source_code,
        next_pairs.target_code,
        cast(row_number() over (
            partition by next_pairs.source_code
            order by next_pairs.lift_low desc nulls last, next_pairs.joint_count desc nulls last,
            items.item_id asc nulls last
        ) as bigint) as rank
    from next_pairs
    join items on items.item_code = next_pairs.target_code
)

select source_code, target_code, rank
from ranked
where rank <= $max_targets
