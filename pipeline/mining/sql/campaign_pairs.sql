-- one row per campaign: how many pairs of an owner's item and what goes with it are to be weighed
with links as (
    select
        campaign_code,
        source_code,
        count(*) as link_count
    from campaign_links
    group by campaign_code, source_code
),

owners as (
    select
        campaign_code,
        source_code,
        count(*) as owner_count
    from campaign_owners
    group by campaign_code, source_code
)

select
    owners.campaign_code,
    cast(sum(owners.owner_count * links.link_count) as bigint) as pair_count
from owners
join links on links.campaign_code = owners.campaign_code and links.source_code = owners.source_code
group by owners.campaign_code
