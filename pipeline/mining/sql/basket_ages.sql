-- one row per age of baskets in whole days, giant baskets left out: the age of the newest item
with newest as (
    select
        baskets.basket_code,
        max(baskets.first_at) as newest_at
    from baskets
    join basket_sizes on basket_sizes.basket_code = baskets.basket_code
    where basket_sizes.size <= $max_basket_items
    group by baskets.basket_code
),

aged as (
    select
        cast(
            ($window_end - newest_at - ($window_end - newest_at) % 86400000000) / 86400000000
            as bigint
        ) as age_days
    from newest
)

select
    age_days,
    cast(count(*) as bigint) as basket_count
from aged
group by age_days
