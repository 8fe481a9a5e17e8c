-- one row per association table: the pairs that its items can form, items of one family left out
with families as (
    select cast(count(*) as bigint) as size
    from pair_items
    where family_id is not null
    group by family_id
),

same_family as (
    select cast(coalesce(sum(size * (size - 1)), 0) as bigint) as ordered_pair_count
    from families
),

all_items as (
    select cast(count(*) as bigint) as item_count
    from pair_items
)

select
    all_items.item_count * (all_items.item_count - 1) - same_family.ordered_pair_count
        as ordered_pair_count
from all_items
cross join same_family
