-- one row per campaign and customer of an earlier run, with the customer's number in this one
select
    measured_targets.campaign,
    measured_targets.customer_id,
    min(measured_targets.arm) as arm,
    min(customers.customer_code) as customer_code
from measured_targets
left join customers on customers.customer_id = measured_targets.customer_id
group by measured_targets.campaign, measured_targets.customer_id
