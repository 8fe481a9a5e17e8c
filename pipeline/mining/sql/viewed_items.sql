-- one row per item with at least $min_viewers viewers whose horizon has closed
select
    item_code,
    cast(count(*) as bigint) as n_viewers
from first_views
group by item_code
having count(*) >= $min_viewers
