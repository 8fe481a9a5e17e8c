-- one row per item of a table of pairs, with the family whose items are never shown beside each other
select
    item_code,
    item_id,
    case when $leaves_out_families then product_id end as family_id
from items
