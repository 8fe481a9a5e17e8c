-- one row per source item and listed target, and one for other items and for nothing
select
    listed_targets.source_code,
    case when source_code = target_code then 'own' else 'item' end as target_kind,
    listed_targets.target_item_id,
    listed_targets.rank,
    listed_targets.n_target,
    listed_targets.weight,
    base_buyers.owner_count as base_count
from listed_targets
left join base_buyers on base_buyers.item_code = listed_targets.target_code
union all
select
    source_totals.source_code,
    'other' as target_kind,
    cast(null as string) as target_item_id,
    cast(null as bigint) as rank,
    coalesce(other_targets.n_target, 0) as n_target,
    coalesce(other_targets.weight, 0) as weight,
    cast(null as bigint) as base_count
from source_totals
left join other_targets on other_targets.source_code = source_totals.source_code
union all
select
    source_code,
    'none' as target_kind,
    cast(null as string) as target_item_id,
    cast(null as bigint) as rank,
    n_viewers - n_buyers as n_target,
    cast(null as bigint) as weight,
    cast(null as bigint) as base_count
from source_totals
