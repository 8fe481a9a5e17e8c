-- one row per outcome of the open lines
select
    settled.outcome,
    cast(count(*) as bigint) as line_count,
    cast(sum(settled.line_count - 1) as bigint) as duplicate_count
from (
    select
        line_count,
        case
            when is_return and unmatched_quantity = quantity then 'unmatched_return'
            when is_return then 'return'
            when left_quantity = 0 then 'returned'
            else 'accepted'
        end as outcome
    from settled_lines
) as settled
group by settled.outcome
