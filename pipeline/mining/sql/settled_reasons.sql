-- one row per outcome of the open lines
select
    case
        when is_return and unmatched_quantity >= -moved then 'unmatched_return'
        when is_return then 'return'
        when left_quantity = 0 then 'returned'
        else 'accepted'
    end as outcome,
    cast(sum(kept_count) as bigint) as line_count,
    cast(sum(line_count - kept_count) as bigint) as duplicate_count
from settled_lines
group by
    case
        when is_return and unmatched_quantity >= -moved then 'unmatched_return'
        when is_return then 'return'
        when left_quantity = 0 then 'returned'
        else 'accepted'
    end
