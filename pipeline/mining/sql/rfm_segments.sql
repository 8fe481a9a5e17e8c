-- one row per customer with an order in the window
select
    customers.customer_id,
    rfm_customers.recency_days,
    rfm_customers.frequency,
    rfm_customers.monetary,
    recency.score as recency_score,
    frequency.score as frequency_score,
    monetary.score as monetary_score,
    rfm_cells.segment,
    rfm_customers.first_order_at,
    rfm_customers.last_order_at,
    rfm_customers.net / rfm_customers.frequency as average_order_value,
    rfm_customers.net * $value_days
    / greatest(rfm_customers.tenure_days, $min_tenure_days) as customer_value,
    cast($window_start as bigint) as window_start,
    cast($window_end as bigint) as window_end
from rfm_customers
join customers on customers.customer_code = rfm_customers.customer_code
join rfm_scores as recency
    on recency.measure = 'recency_days'
    and recency.goodness = cast(-rfm_customers.recency_days as double)
join rfm_scores as frequency
    on frequency.measure = 'frequency'
    and frequency.goodness = cast(rfm_customers.frequency as double)
left join rfm_scores as monetary
    on monetary.measure = 'monetary'
    and monetary.goodness = rfm_customers.monetary
join rfm_cells
    on rfm_cells.recency_score = recency.score
    and rfm_cells.frequency_score = frequency.score
