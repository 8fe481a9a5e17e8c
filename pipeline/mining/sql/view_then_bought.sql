-- one row per viewed item and bought item, plus an `other` and a `none` row per viewed item
with counted as (
    select
        items.item_id as source_item_id,
        target_rows.target_kind,
        target_rows.target_item_id,
        target_rows.rank,
        source_totals.n_viewers,
        source_totals.n_buyers,
        target_rows.n_target,
        target_rows.weight,
        target_rows.base_count,
        cast(target_rows.weight as double) / nullif($weight_unit * n_buyers, 0) as share,
        cast(nullif(n_buyers, 0) as double) as n
    from target_rows
    join source_totals on source_totals.source_code = target_rows.source_code
    join items on items.item_code = target_rows.source_code
),

bounded as (  -- Wilson, z = 1.96, z * z = 3.8416
    select
        *,
        (share * n + 1.9208) / (n + 3.8416) as middle,
        1.96 * sqrt(share * (1 - share) * n + 0.9604) / (n + 3.8416) as reach
    from counted
)

select
    substr(md5(
        'view_then_bought' || chr(31) || $horizon || chr(31) || $item_level || chr(31)
        || source_item_id || chr(31) || target_kind || chr(31) || coalesce(target_item_id, '')
    ), 1, 16) as rule_id,
    source_item_id,
    target_kind,
    target_item_id,
    rank,
    n_viewers,
    n_buyers,
    n_target,
    100 * cast(weight as double) / nullif($weight_unit * n_buyers, 0) as pct_of_buyers,
    case when share is not null then 100 * greatest(middle - reach, 0) end as pct_of_buyers_low,
    case when share is not null then 100 * least(middle + reach, 1) end as pct_of_buyers_high,
    case when target_kind <> 'none' then 100 * cast(n_target as double) / n end as pct_of_buyers_any,
    100 * cast(n_target as double) / n_viewers as pct_of_viewers,
    cast(n_target as double) * $visitor_count / (cast(n_viewers as double) * base_count)
        as lift_vs_base,
    n_buyers >= $min_buyers and coalesce(
        cast(weight as decimal(19, 0)) * cast($share_denominator as decimal(10, 0))
        >= cast($weight_unit * n_buyers as decimal(19, 0)) * cast($share_numerator as decimal(10, 0)),
        false
    ) as displayable,
    cast($stitched_view_count as double) / nullif($view_count, 0) as stitch_rate,
    $horizon as horizon,
    $item_level as item_level,
    cast($window_start as bigint) as window_start,
    cast($window_end as bigint) as window_end
from bounded
