-- one row per measure and distinct value; a larger goodness is a better value
with valued as (
    select 'recency_days' as measure, cast(-recency_days as double) as goodness from rfm_customers
    union all
    select 'frequency' as measure, cast(frequency as double) as goodness from rfm_customers
    union all
    select 'monetary' as measure, monetary as goodness
    from rfm_customers
    where monetary is not null
)

select
    measure,
    goodness,
    cast(count(*) as bigint) as customer_count
from valued
group by measure, goodness
