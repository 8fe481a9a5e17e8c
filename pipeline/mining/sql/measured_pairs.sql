-- one row per source_code and target_code: the best $max_targets of each source, with every measure
with bounded as (  -- the lower Wilson bound of the confidence, z = 1.96, z * z = 3.8416
    select
        source_code, target_code, joint_count, target_place,
        cast(basket_count as double) / target_count as inverse_share,
        (cast(joint_count as double) + 1.9208 - 1.96 * sqrt(
            cast(joint_count as double) * (source_count - joint_count) / source_count + 0.9604
        )) / (cast(source_count as double) + 3.8416) as low
    from pair_counts
),

ranked as (  -- of few columns: a window carries each of them through its sort
    select
        source_code, target_code, low, low * inverse_share as lift_low,
        cast(row_number() over (
            partition by source_code
            order by low * inverse_share desc nulls last, joint_count desc nulls last,
            target_place asc nulls last
        ) as bigint) as rank
    from bounded
),

cells as (  -- as doubles: products of counts outgrow a bigint
    select
        pair.*, ranked.low, ranked.lift_low, ranked.rank,
        cast(pair.basket_count as double) as n,
        cast(pair.source_count as double) as n_a,
        cast(pair.target_count as double) as n_b,
        cast(pair.joint_count as double) as n_ab,
        cast(pair.source_count - pair.joint_count as double) as only_a,
        cast(pair.target_count - pair.joint_count as double) as only_b,
        cast(pair.basket_count - pair.source_count as double) as not_a,
        cast(pair.basket_count - pair.target_count as double) as not_b,
        cast(greatest(
            pair.basket_count - pair.source_count - pair.target_count + pair.joint_count, 0
        ) as double) as neither
    from pair_counts as pair
    join ranked on ranked.source_code = pair.source_code and ranked.target_code = pair.target_code
    where ranked.rank <= $max_targets
)

select  -- n_ab n - n_a n_b is n_ab neither - only_a only_b, where less cancels out
    source_code, target_code, basket_count, source_count, target_count, joint_count, person_count, rank, p_value, q_value,
    n_ab / n as support, n_ab / n_a as confidence, n_ab * n / (n_a * n_b) as lift,
    (n_ab * neither - only_a * only_b) / (n * n) as leverage,
    not_b * n_a / (n * nullif(only_a, 0)) as conviction,
    coalesce((n_ab * neither - only_a * only_b) / nullif(greatest(n_ab * not_a, n_a * only_b), 0), 0) as zhang,
    n_ab / (n_a + only_b) as jaccard, n_ab / sqrt(n_a * n_b) as cosine,
    (n_ab / n_a + n_ab / n_b) / 2 as kulczynski, abs(n_a - n_b) / (n_a + only_b) as imbalance,
    greatest(low, 0) as confidence_low, case when only_a = 0 then 1 else
        (n_ab + 1.9208 + 1.96 * sqrt(n_ab * only_a / n_a + 0.9604)) / (n_a + 3.8416)
    end as confidence_high, lift_low,
    case when n_ab * neither < only_a * only_b then -2 else 2 end * greatest(
        0, coalesce(n_ab * ln(nullif(n_ab, 0) * n / (n_a * n_b)), 0)
        + coalesce(only_a * ln(nullif(only_a, 0) * n / (n_a * not_b)), 0)
        + coalesce(only_b * ln(nullif(only_b, 0) * n / (not_a * n_b)), 0)
        + coalesce(neither * ln(nullif(neither, 0) * n / (not_a * not_b)), 0)
    ) as log_likelihood
from cells
