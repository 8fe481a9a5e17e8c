-- one row per reason that leaves order lines out
select
    reason,
    count(*) as line_count
from order_lines
where reason is not null
group by reason
