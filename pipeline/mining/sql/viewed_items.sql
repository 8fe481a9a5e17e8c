-- one row per item with at least $min_viewers viewers whose horizon has closed
select
    item_code,
    owner_count as n_viewers
from item_viewers
where owner_count >= $min_viewers
