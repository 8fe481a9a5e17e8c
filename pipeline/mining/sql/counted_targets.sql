-- one row per item and item often in the same order, the $max_targets most frequent of each
with directed as (
    select source_code, target_code, joint_count
    from joint_counts
    union all
    select target_code as source_code, source_code as target_code, joint_count
    from joint_counts
),

ranked as (
    select
        directed.source_code,
        directed.target_code,
        directed.joint_count,
        cast(row_number() over (
            partition by directed.source_code
            order by directed.joint_count desc nulls last, trained_items.place asc nulls last
        ) as bigint) as rank
    from directed
    join trained_items on trained_items.item_code = directed.target_code
)

select
    source_code,
    target_code,
    joint_count,
    rank
from ranked
where rank <= $max_targets
