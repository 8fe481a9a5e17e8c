-- one row per measure and score above 1: where the score begins, and how many customers reach it
with reached as (
    select
        rfm_begins.measure,
        rfm_begins.score,
        cast(sum(rfm_scores.customer_count) as bigint) as customer_count
    from rfm_begins
    join rfm_scores
        on rfm_scores.measure = rfm_begins.measure
        and rfm_scores.score >= rfm_begins.score
    group by rfm_begins.measure, rfm_begins.score
)

select
    rfm_begins.measure,
    cast(rfm_begins.score as bigint) as score,
    abs(rfm_begins.goodness) as cut,
    coalesce(reached.customer_count, 0) as customer_count,
    $scoring as scoring,
    $monetary as monetary_of,
    cast($lookback_days as bigint) as lookback_days,
    cast($window_start as bigint) as window_start,
    cast($window_end as bigint) as window_end
from rfm_begins
left join reached
    on reached.measure = rfm_begins.measure
    and reached.score = rfm_begins.score
