-- one row per campaign, customer and item of the campaign that the customer bought in the window
with sources as (
    select
        campaign_code,
        source_code
    from campaign_links
    group by campaign_code, source_code
)

select
    sources.campaign_code,
    sale_lines.customer_code,
    sources.source_code,
    min(sale_lines.ordered_day) as first_day
from sale_lines
join sources on sources.source_code = sale_lines.item_code
where
    sale_lines.ordered_at >= $window_start and sale_lines.ordered_at < $window_end
    and sale_lines.customer_code is not null
group by sources.campaign_code, sale_lines.customer_code, sources.source_code
