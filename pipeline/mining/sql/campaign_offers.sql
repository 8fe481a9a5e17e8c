-- one row per campaign, customer and item that may be offered, with the reason that leaves it out (NULL: none)
-- The recency weight is in units of 1e-5 and the score, a product of whole numbers, of 1e-18.
select
    candidate.campaign_code, candidate.customer_code, candidate.item_code, candidate.source_code,
    candidate.evidence, candidate.joint_count, candidate.evidence_count, candidate.gap_lower_days,
    candidate.gap_upper_days, candidate.view_count, candidate.probability, candidate.timing,
    candidate.days_since, recency_weights.weight as recency,
    candidate.probability * recency_weights.weight * candidate.timing as score,
    case
        when not campaign_customers.has_consent then 'no_consent'
        when campaign_owned.item_code is not null then 'already_owned'
        when campaign_contacted.customer_id is not null then 'cooling_off'
        when items.stock = 0 and not $out_of_stock then 'out_of_stock'
        when price_steps.is_limited and coalesce(items.price > price_steps.max_price, true) then 'over_price'
    end as reason
from campaign_candidates as candidate
join campaign_customers on campaign_customers.customer_code = candidate.customer_code
join items on items.item_code = candidate.item_code
join recency_weights
    on recency_weights.days = least(
        case
            when candidate.view_count is null then campaign_customers.order_days
            else candidate.days_since
        end,
        $max_days
    )
join price_steps
    on campaign_customers.order_count >= price_steps.from_orders
    and campaign_customers.order_count < price_steps.below_orders
left join campaign_owned
    on candidate.evidence in ('bought_next', 'also_bought')
    and campaign_owned.customer_code = candidate.customer_code
    and campaign_owned.item_code = candidate.item_code
left join campaign_contacted
    on campaign_contacted.campaign_code = candidate.campaign_code
    and campaign_contacted.customer_id = campaign_customers.customer_id
