-- one row per source item and listed target: its own row and the best $max_targets others
with targets as (
    select source_code, target_code, n_target, weight
    from bought_targets
    union all
    select source_totals.source_code, source_totals.source_code as target_code, 0 as n_target,
        0 as weight
    from source_totals
    left join bought_targets
        on bought_targets.source_code = source_totals.source_code
        and bought_targets.target_code = source_totals.source_code
    where bought_targets.source_code is null
),

placed as (
    select
        targets.source_code,
        targets.target_code,
        targets.n_target,
        targets.weight,
        items.item_id as target_item_id,
        cast(row_number() over (
            partition by targets.source_code, targets.source_code = targets.target_code
            order by targets.weight desc nulls last, targets.n_target desc nulls last,
            items.item_id asc nulls last
        ) as bigint) as place
    from targets
    join items on items.item_code = targets.target_code
)

select
    source_code,
    target_code,
    cast(source_code as bigint) * 4294967296 + target_code as pair_code,
    n_target,
    weight,
    target_item_id,
    cast(row_number() over (
        partition by source_code
        order by weight desc nulls last, n_target desc nulls last, target_item_id asc nulls last
    ) as bigint) as rank
from placed
where source_code = target_code or place <= $max_targets
