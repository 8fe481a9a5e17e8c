-- one row per measure with cuts and distinct value, with the score of every customer who has it
-- 1 plus the number of cuts that the value reaches; a cut that is NULL is never reached.
select
    rfm_values.measure,
    rfm_values.goodness,
    rfm_values.customer_count,
    1 + cast(
        count(case when rfm_values.goodness >= rfm_begins.goodness then 1 end) as bigint
    ) as score
from rfm_values
join rfm_begins on rfm_begins.measure = rfm_values.measure
group by rfm_values.measure, rfm_values.goodness, rfm_values.customer_count
