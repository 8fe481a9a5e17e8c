-- one row per item sold before the test window for which the list has $top items or more
with given as (
    select item_code, item_code as given_code
    from trained_items
    union all
    select trained_items.item_code, item_categories.category_code as given_code
    from trained_items
    join item_categories on item_categories.item_code = trained_items.item_code
    union all
    select item_code, -1 as given_code
    from trained_items
)

select given.item_code
from given
join listed_sources on listed_sources.item_code = given.given_code
join listed_targets on listed_targets.rule = listed_sources.rule
where listed_sources.item_count = 1 and listed_targets.item_code <> given.item_code
group by given.item_code
having count(distinct listed_targets.item_code) >= $top
