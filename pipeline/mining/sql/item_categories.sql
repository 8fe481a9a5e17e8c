-- one row per item with a category, and the category's code below -1
select
    item_code,
    cast(-1 - dense_rank() over (order by category asc nulls last) as integer) as category_code
from items
where category is not null
