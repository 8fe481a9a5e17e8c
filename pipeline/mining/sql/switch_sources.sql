-- one row per source item of an apart pair, with the viewers whose horizon has closed
with sources as (
    select source_code
    from apart_pairs
    group by source_code
)

select
    first_views.item_code,
    cast(count(*) as bigint) as n_viewers
from first_views
join sources on sources.source_code = first_views.item_code
group by first_views.item_code
