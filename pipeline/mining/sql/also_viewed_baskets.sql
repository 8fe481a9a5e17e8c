-- one row per basket (session or visitor-day) and item viewed in it inside the window
with coded as (
    select
        case $grain
            when 'session' then session_code
            else visitor_code * 100000 + viewed_day
        end as basket_code,
        item_code,
        visitor_code as person_code,
        viewed_at
    from views
    where viewed_at >= $window_start and viewed_at < $window_end
)

select
    basket_code,
    item_code,
    max(person_code) as person_code,
    min(viewed_at) as first_at
from coded
group by basket_code, item_code
