-- one row per campaign and customer of an earlier run, with what the customer did in the window
with converted as (
    select
        measured_targets.campaign,
        measured_targets.customer_id
    from measured_targets
    join customers on customers.customer_id = measured_targets.customer_id
    join later_items
        on later_items.customer_code = customers.customer_code
        and later_items.item_id = measured_targets.item_id
    group by measured_targets.campaign, measured_targets.customer_id
),

offered as (
    select campaign, item_id
    from measured_targets
    group by campaign, item_id
),

cross_sold as (
    select
        campaign_people.campaign,
        campaign_people.customer_id
    from campaign_people
    join later_items on later_items.customer_code = campaign_people.customer_code
    join offered
        on offered.campaign = campaign_people.campaign
        and offered.item_id = later_items.item_id
    group by campaign_people.campaign, campaign_people.customer_id
)

select
    campaign_people.campaign,
    campaign_people.customer_id,
    campaign_people.arm,
    campaign_people.customer_code is not null as is_known,
    converted.customer_id is not null as is_converted,
    cross_sold.customer_id is not null as is_cross_sold,
    coalesce(later_orders.order_count, 0) as order_count,
    cast(later_orders.amount as double) as amount,
    coalesce(later_orders.has_refund, false) as has_refund
from campaign_people
left join converted
    on converted.campaign = campaign_people.campaign
    and converted.customer_id = campaign_people.customer_id
left join cross_sold
    on cross_sold.campaign = campaign_people.campaign
    and cross_sold.customer_id = campaign_people.customer_id
left join later_orders on later_orders.customer_code = campaign_people.customer_code
