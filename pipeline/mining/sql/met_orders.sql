-- one row per test window: its orders by what of the list they hold
select
    cast(count(*) as bigint) as order_count,
    cast(coalesce(sum(case when has_source then 1 else 0 end), 0) as bigint) as source_count,
    cast(coalesce(sum(case when has_pair then 1 else 0 end), 0) as bigint) as pair_count,
    cast(coalesce(sum(case when has_pair and is_refunded then 1 else 0 end), 0) as bigint) as refunded_pair_count,
    cast(coalesce(sum(case when has_source and not has_pair and is_refunded then 1 else 0 end), 0) as bigint)
        as refunded_source_count,
    cast(sum(case when has_pair then amount end) as decimal(38, 4)) as pair_amount,
    cast(sum(case when has_source and not has_pair then amount end) as decimal(38, 4)) as source_amount
from tested_orders
