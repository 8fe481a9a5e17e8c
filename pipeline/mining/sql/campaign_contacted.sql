-- one row per campaign and customer who was contacted too lately
select
    campaign_names.campaign_code,
    campaign_contacts.customer_id
from campaign_contacts
join campaign_names
    on $cooling_off_of = 'any_campaign'
    or campaign_contacts.campaign = ''
    or campaign_contacts.campaign = campaign_names.name
group by campaign_names.campaign_code, campaign_contacts.customer_id
