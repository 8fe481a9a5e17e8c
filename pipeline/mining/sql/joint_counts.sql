-- one row per pair of items in at least $min_pair_count baskets: each pair once (the smaller code
-- is the source), or each direction by itself where the target must come after the source; persons
-- are counted later, of candidates only
select
    source.item_code as source_code,
    target.item_code as target_code,
    cast(count(*) as bigint) as joint_count,
    cast(null as bigint) as person_count
from pair_baskets as source
join pair_baskets as target
    on target.basket_code = source.basket_code
    and case
        when $after_only then source.first_at < target.first_at
        else source.item_code < target.item_code
    end
where source.item_code % $slices = $slice
group by source.item_code, target.item_code
having count(*) >= $min_pair_count
