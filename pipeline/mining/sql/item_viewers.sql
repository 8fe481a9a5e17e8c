-- one row per item, with the visitors of its first views
select
    item_code,
    cast(count(*) as bigint) as owner_count
from first_views
group by item_code
