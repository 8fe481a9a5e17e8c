-- one row per campaign, customer and offered item
select
    campaign_names.name as campaign,
    campaign_names.kind,
    campaign_customers.customer_id,
    items.item_id,
    ranked.offer_rank,
    case
        when substr(md5(campaign_names.name || chr(31) || campaign_customers.customer_id || chr(31) || $salt), 1, 8)
            < $control_below then 'control'
        else 'treated'
    end as arm,
    campaign_customers.channel,
    campaign_customers.segment,
    case when campaign_names.kind = 'cross_sell' then source.item_id end as source_item_id,
    offer.evidence,
    offer.joint_count,
    offer.evidence_count,
    offer.days_since,
    offer.view_count,
    cast(offer.probability as double) / 100000000 as expected_probability,
    cast(offer.recency as double) / 100000 as recency_weight,
    cast(offer.timing as double) / 100000 as timing_weight,
    cast(offer.score as double) / 1000000000000000000 as offer_score,
    cast(items.price as double) as price,
    cast(offer.probability as double) / 100000000 * cast(items.price as double) as expected_value,
    campaign_customers.order_count,
    case
        when offer.evidence = 'view_then_bought' then
            'viewed ' || cast(offer.view_count as varchar) || ' times, last '
            || cast(offer.days_since as varchar) || ' days ago'
        when offer.evidence = 'repurchase_cycle' then
            'bought ' || cast(offer.days_since as varchar) || ' days ago; half of those who buy it again do so after '
            || cast(offer.gap_lower_days as varchar) || ' to ' || cast(offer.gap_upper_days as varchar) || ' days'
        else
            'bought ' || coalesce(source.name, source.item_id) || ' ' || cast(offer.days_since as varchar)
            || ' days ago; ' || cast(offer.joint_count as varchar) || ' of ' || cast(offer.evidence_count as varchar)
            || case
                when offer.evidence = 'bought_next' then
                    ' who did bought this on a later day, half of them after ' || cast(offer.gap_lower_days as varchar)
                    || ' to ' || cast(offer.gap_upper_days as varchar) || ' days'
                else ' baskets with it hold this too'
            end
    end as reason,
    $item_level as item_level,
    cast($window_start as bigint) as window_start,
    cast($window_end as bigint) as window_end
from campaign_ranked as ranked
join campaign_offers as offer
    on offer.campaign_code = ranked.campaign_code
    and offer.customer_code = ranked.customer_code
    and offer.item_code = ranked.item_code
join campaign_names on campaign_names.campaign_code = offer.campaign_code
join campaign_customers on campaign_customers.customer_code = offer.customer_code
join items on items.item_code = offer.item_code
join items as source on source.item_code = offer.source_code
where ranked.is_first and ranked.offer_rank <= $max_offers
