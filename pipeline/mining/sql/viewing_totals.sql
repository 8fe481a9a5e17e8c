-- one row per run: its visitors, their views, and the views of known customers
select
    cast(count(*) as bigint) as visitor_count,
    cast(coalesce(sum(view_count), 0) as bigint) as view_count,
    cast(coalesce(sum(stitched_view_count), 0) as bigint) as stitched_view_count
from viewing_visitors
