-- one row per visitor and session id
select
    seen.visitor_id,
    seen.session_id,
    cast(row_number() over (order by seen.visitor_id asc nulls last, seen.session_id asc nulls last) as bigint) as session_code
from (
    select visitor_id, session_id
    from event_rows
    where session_id is not null
    group by visitor_id, session_id
) as seen
