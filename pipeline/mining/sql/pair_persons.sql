-- one row per candidate pair, with the distinct known customers or visitors behind it
-- The one key pair_code keeps the join of candidates after the join on the basket.
with persons as (
    select
        candidate_pairs.source_code,
        candidate_pairs.target_code,
        source.person_code
    from pair_baskets as source
    join pair_baskets as target
        on target.basket_code = source.basket_code
        and case
            when $after_only then source.first_at < target.first_at
            else source.item_code < target.item_code
        end
    join candidate_pairs
        on candidate_pairs.pair_code
        = cast(source.item_code as bigint) * 4294967296 + target.item_code
    where source.person_code is not null and source.item_code % $slices = $slice
    group by candidate_pairs.source_code, candidate_pairs.target_code, source.person_code
)

select
    source_code,
    target_code,
    cast(count(*) as bigint) as person_count
from persons
group by source_code, target_code
