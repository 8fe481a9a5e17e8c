-- one row per association table: its baskets, the giant ones left out, and the pairs to count
select
    cast(count(case when size <= $max_basket_items then 1 end) as bigint) as basket_count,
    cast(count(case when size > $max_basket_items then 1 end) as bigint) as giant_basket_count,
    cast(count(person_code) as bigint) as known_basket_count,
    cast(coalesce(
        sum(case when size <= $max_basket_items then size * (size - 1) end), 0
    ) as bigint) as ordered_pair_count
from basket_sizes
