-- one row per source item and target item that its viewers buy instead
with switched as (
    select
        switch_weights.source_code,
        switch_weights.target_code,
        switch_weights.switch_count,
        switch_weights.weight,
        source_totals.n_viewers,
        source_totals.n_buyers
    from switch_weights
    join source_totals on source_totals.source_code = switch_weights.source_code
    where
        cast(switch_weights.weight as decimal(19, 0)) * cast($share_denominator as decimal(10, 0))
        >= cast($weight_unit * source_totals.n_buyers as decimal(19, 0)) * cast($share_numerator as decimal(10, 0))
),

ranked as (
    select
        switched.*,
        target.item_id as target_item_id,
        cast(row_number() over (
            partition by switched.source_code
            order by switched.weight desc nulls last, switched.switch_count desc nulls last,
            target.item_id asc nulls last
        ) as bigint) as rank
    from switched
    join items as target on target.item_code = switched.target_code
)

select
    substr(md5(
        'substitutes' || chr(31) || $horizon || chr(31) || $item_level || chr(31)
        || source.item_id || chr(31) || ranked.target_item_id
    ), 1, 16) as rule_id,
    source.item_id as source_item_id,
    ranked.target_item_id,
    ranked.rank,
    apart_pairs.session_count,
    apart_pairs.visitor_count,
    ranked.n_viewers,
    ranked.n_buyers,
    ranked.switch_count,
    100 * cast(ranked.weight as double) / ($weight_unit * ranked.n_buyers) as pct_of_buyers,
    apart_pairs.order_count,
    apart_pairs.source_order_count,
    apart_pairs.target_order_count,
    apart_pairs.basket_count,
    apart_pairs.order_lift,
    apart_pairs.p_value,
    $horizon as horizon,
    $item_level as item_level,
    cast($window_start as bigint) as window_start,
    cast($window_end as bigint) as window_end
from ranked
join apart_pairs
    on apart_pairs.source_code = ranked.source_code and apart_pairs.target_code = ranked.target_code
join items as source on source.item_code = ranked.source_code
where ranked.rank <= $max_targets
