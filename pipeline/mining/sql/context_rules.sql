-- one row per rule between two items and part of a context
with directed as (
    select
        context_pairs.rule_id,
        context_pairs.antecedent,
        context_pairs.consequent,
        context_pairs.place,
        tests.context, tests.value, tests.is_simpson, tests.joint_count, tests.basket_count,
        case when context_pairs.is_turned then tests.right_count else tests.left_count end
            as antecedent_count,
        case when context_pairs.is_turned then tests.left_count else tests.right_count end
            as consequent_count,
        tests.outside_joint_count, tests.outside_basket_count,
        case when context_pairs.is_turned then tests.outside_right_count else tests.outside_left_count end
            as outside_antecedent_count,
        case when context_pairs.is_turned then tests.outside_left_count else tests.outside_right_count end
            as outside_consequent_count,
        tests.customer_count, tests.outside_customer_count,
        tests.log_odds_ratio, tests.outside_log_odds_ratio, tests.z_score, tests.p_value, tests.q_value
    from context_pairs
    join context_tests as tests on tests.pair = context_pairs.pair
)

select
    rule_id, context, value, antecedent, consequent,
    cast(row_number() over (
        order by
            abs(z_score) desc nulls last, place asc nulls last,
            context asc nulls last, value asc nulls last
    ) as bigint) as rank,
    joint_count, antecedent_count, consequent_count, basket_count,
    outside_joint_count, outside_antecedent_count, outside_consequent_count, outside_basket_count,
    case when $has_customers then customer_count end as customer_count,
    case when $has_customers then outside_customer_count end as outside_customer_count,
    cast(joint_count as double) / nullif(antecedent_count, 0) as confidence,
    cast(outside_joint_count as double) / nullif(outside_antecedent_count, 0) as outside_confidence,
    cast(joint_count as double) * basket_count
    / (nullif(antecedent_count, 0) * cast(consequent_count as double)) as lift,
    cast(outside_joint_count as double) * outside_basket_count
    / (nullif(outside_antecedent_count, 0) * cast(outside_consequent_count as double)) as outside_lift,
    log_odds_ratio, outside_log_odds_ratio,
    log_odds_ratio - outside_log_odds_ratio as difference,
    z_score, p_value, q_value, is_simpson,
    $item_level as item_level,
    cast($window_start as bigint) as window_start,
    cast($window_end as bigint) as window_end
from directed
