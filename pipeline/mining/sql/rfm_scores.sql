-- one row per measure and distinct value, with the score of every customer who has it
-- least(5, 1 + floor(5 * worse / all)), where worse is the number of customers with a worse value.
with running as (
    select
        measure,
        goodness,
        customer_count,
        cast(sum(customer_count) over (
            partition by measure
            order by goodness asc nulls last
            rows between unbounded preceding and current row
        ) as bigint) - customer_count as worse_count,
        cast(sum(customer_count) over (partition by measure) as bigint) as all_count
    from rfm_values
)

select
    measure,
    goodness,
    customer_count,
    least(5, 1 + cast((5 * worse_count - 5 * worse_count % all_count) / all_count as bigint))
        as score
from running
