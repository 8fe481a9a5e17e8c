-- one row per itemset that reaches the minimum count
select
    itemset,
    item_count,
    joint_count,
    cast($basket_count as bigint) as basket_count,
    cast(joint_count as double) / nullif($basket_count, 0) as support,
    $grain as grain,
    $item_level as item_level,
    cast($window_start as bigint) as window_start,
    cast($window_end as bigint) as window_end
from mined_itemsets
