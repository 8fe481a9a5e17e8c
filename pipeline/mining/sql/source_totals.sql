-- one row per source item, with its viewers and its buyers of anything
with buyers as (
    select
        source_code,
        cast(count(*) as bigint) as n_buyers
    from last_orders
    group by source_code
)

select
    viewed_items.item_code as source_code,
    viewed_items.n_viewers,
    coalesce(buyers.n_buyers, 0) as n_buyers
from viewed_items
left join buyers on buyers.source_code = viewed_items.item_code
