-- one row per viewing visitor and instant of purchase; orders of one instant are one
-- weight: what each of its k items weighs, 1/k of $weight_unit, an integer.
select
    visitor_code,
    ordered_at,
    cast(($weight_unit - $weight_unit % count(*)) / count(*) as bigint) as weight
from visitor_purchases
group by visitor_code, ordered_at
