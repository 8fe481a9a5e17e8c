-- one row per source item and listed target: its own row and the best $max_targets others
with targets as (
    select source_code, target_code, n_target, weight
    from bought_targets
    union all
    select source_code, source_code as target_code, 0 as n_target, 0 as weight
    from source_totals
),

summed as (  -- an own row that was bought has met its empty twin
    select
        source_code,
        target_code,
        cast(sum(n_target) as bigint) as n_target,
        cast(sum(weight) as bigint) as weight
    from targets
    group by source_code, target_code
),

placed as (
    select
        summed.source_code,
        summed.target_code,
        summed.n_target,
        summed.weight,
        items.item_id as target_item_id,
        cast(row_number() over (
            partition by summed.source_code, summed.source_code = summed.target_code
            order by summed.weight desc nulls last, summed.n_target desc nulls last,
            items.item_id asc nulls last
        ) as bigint) as place
    from summed
    join items on items.item_code = summed.target_code
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
