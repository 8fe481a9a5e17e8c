-- one row per campaign, customer and item that nothing speaks against, ranked within the customer
-- An item that several campaigns offer is offered by the one with the best score. Numbers alone are sorted here.
with places as (
    select
        item_code,
        cast(row_number() over (order by item_id asc nulls last) as bigint) as place
    from items
),

chosen as (
    select
        offer.campaign_code, offer.customer_code, offer.item_code, offer.score, offer.joint_count, places.place,
        cast(row_number() over (
            partition by offer.customer_code, offer.item_code
            order by offer.score desc nulls last, offer.joint_count desc nulls last, offer.campaign_code asc nulls last
        ) as bigint) as choice
    from campaign_offers as offer
    join places on places.item_code = offer.item_code
    where offer.reason is null
)

select
    campaign_code, customer_code, item_code,
    choice = 1 as is_first,
    cast(row_number() over (
        partition by customer_code, choice = 1
        order by score desc nulls last, joint_count desc nulls last, campaign_code asc nulls last, place asc nulls last
    ) as bigint) as offer_rank
from chosen
