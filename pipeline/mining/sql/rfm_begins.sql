-- one row per measure and score above 1, with the worst value that has at least that score
with steps as (
    select 2 as score
    union all
    select 3 as score
    union all
    select 4 as score
    union all
    select 5 as score
)

select
    rfm_scores.measure,
    steps.score,
    min(case when rfm_scores.score >= steps.score then rfm_scores.goodness end) as goodness
from rfm_scores
cross join steps
group by rfm_scores.measure, steps.score
