-- one row per reason, with the offers that were left out by it
select
    reason,
    cast(count(*) as bigint) as offer_count
from campaign_offers
where reason is not null
group by reason
union all
select
    case when is_first then 'over_cap' else 'repeated' end as reason,
    cast(count(*) as bigint) as offer_count
from campaign_ranked
where not is_first or offer_rank > $max_offers
group by is_first
