-- one row per customer who may be offered something
with asked as (
    select customer_code
    from campaign_candidates
    group by customer_code
),

bought as (
    select
        asked.customer_code,
        cast(count(distinct sale_lines.order_code) as bigint) as order_count,
        max(sale_lines.ordered_day) as last_day
    from asked
    join sale_lines on sale_lines.customer_code = asked.customer_code
    where sale_lines.ordered_at < $window_end
    group by asked.customer_code
)

select
    asked.customer_code,
    customers.customer_id,
    coalesce(bought.order_count, 0) as order_count,
    cast($as_of_day - bought.last_day as bigint) as order_days,
    coalesce(campaign_consents.has_consent, false) as has_consent,
    campaign_segments.segment,
    coalesce(campaign_channels.channel, $default_channel) as channel
from asked
join customers on customers.customer_code = asked.customer_code
left join bought on bought.customer_code = asked.customer_code
left join campaign_consents on campaign_consents.customer_id = customers.customer_id
left join campaign_segments on campaign_segments.customer_id = customers.customer_id
left join campaign_channels on campaign_channels.segment = campaign_segments.segment
