-- one row per test order and item that the list suggests, the best $top of each order
-- A rule of the list applies where every item of its left side is given; what rules suggest the
-- same item is added up, as a cart's page adds up the rows of its items.
with applied as (
    select
        given_items.order_code,
        listed_sources.rule
    from given_items
    join listed_sources on listed_sources.item_code = given_items.given_code
    where abs(given_items.order_code) % $slices = $slice
    group by given_items.order_code, listed_sources.rule
    having count(*) = max(listed_sources.item_count)
),

added as (
    select
        applied.order_code,
        listed_targets.item_code,
        cast(sum(listed_targets.score) as bigint) as score,
        min(listed_targets.rank) as best_rank
    from applied
    join listed_targets on listed_targets.rule = applied.rule
    left join given_items
        on given_items.order_code = applied.order_code and given_items.given_code = listed_targets.item_code
    where given_items.order_code is null
    group by applied.order_code, listed_targets.item_code
),

ranked as (
    select
        added.order_code,
        added.item_code,
        cast(row_number() over (
            partition by added.order_code
            order by
                added.score desc nulls last, added.best_rank asc nulls last, trained_items.place asc nulls last,
                added.item_code asc nulls last
        ) as bigint) as rank
    from added
    left join trained_items on trained_items.item_code = added.item_code
)

select
    order_code,
    item_code,
    rank
from ranked
where rank <= $top
