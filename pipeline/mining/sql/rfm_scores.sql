-- one row per measure (R, F, M) and distinct value, with the score of every customer who has it
-- least(5, 1 + floor(5 * worse / all)), where worse is the number of customers with a worse value.
with valued as (
    select 'R' as measure, cast(-recency_days as double) as goodness from rfm_customers
    union all
    select 'F' as measure, cast(frequency as double) as goodness from rfm_customers
    union all
    select 'M' as measure, monetary as goodness from rfm_customers where monetary is not null
),

histogram as (
    select
        measure,
        goodness,
        cast(count(*) as bigint) as customer_count
    from valued
    group by measure, goodness
),

running as (
    select
        measure,
        goodness,
        cast(sum(customer_count) over (
            partition by measure
            order by goodness asc nulls last
            rows between unbounded preceding and current row
        ) as bigint) - customer_count as worse_count,
        cast(sum(customer_count) over (partition by measure) as bigint) as all_count
    from histogram
)

select
    measure,
    goodness,
    least(5, 1 + cast((5 * worse_count - 5 * worse_count % all_count) / all_count as bigint))
        as score
from running
