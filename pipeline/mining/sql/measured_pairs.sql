-- one row per source_code and target_code: the best $max_targets of each source, with every measure
with bounded as (  -- the lower Wilson bound of the confidence, z = 1.96, z * z = 3.8416
    select
        *,
        (cast(joint_count as double) + 1.9208 - 1.96 * sqrt(
            cast(joint_count as double) * (source_count - joint_count) / source_count + 0.9604
        )) / (cast(source_count as double) + 3.8416) as low
    from pair_counts
),

ranked as (
    select
        *,
        low * basket_count / target_count as lift_low,
        cast(row_number() over (
            partition by source_code
            order by low * basket_count / target_count desc nulls last, joint_count desc nulls last,
            target_rank_key asc nulls last
        ) as bigint) as rank
    from bounded
),

cells as (  -- as doubles: products of counts outgrow a bigint
    select
        *,
        cast(basket_count as double) as n,
        cast(source_count as double) as n_a,
        cast(target_count as double) as n_b,
        cast(joint_count as double) as n_ab,
        cast(source_count - joint_count as double) as only_a,
        cast(target_count - joint_count as double) as only_b,
        cast(basket_count - source_count as double) as not_a,
        cast(basket_count - target_count as double) as not_b,
        cast(greatest(basket_count - source_count - target_count + joint_count, 0) as double) as neither
    from ranked
    where rank <= $max_targets
)

select
    source_code, target_code, basket_count, source_count, target_count, joint_count, person_count, rank,
    n_ab / n as support, n_ab / n_a as confidence,
    n_ab * n / (n_a * n_b) as lift,
    (n_ab * n - n_a * n_b) / (n * n) as leverage,
    not_b * n_a / (n * nullif(only_a, 0)) as conviction,
    coalesce((n_ab * n - n_a * n_b) / nullif(greatest(n_ab * not_a, n_a * only_b), 0), 0) as zhang,
    n_ab / (n_a + only_b) as jaccard,
    n_ab / sqrt(n_a * n_b) as cosine,
    (n_ab / n_a + n_ab / n_b) / 2 as kulczynski,
    abs(n_a - n_b) / (n_a + only_b) as imbalance,
    greatest(low, 0) as confidence_low,
    case when only_a = 0 then 1 else
        (n_ab + 1.9208 + 1.96 * sqrt(n_ab * only_a / n_a + 0.9604)) / (n_a + 3.8416)
    end as confidence_high, lift_low,
    case when n_ab * n < n_a * n_b then -2 else 2 end * greatest(0,
        coalesce(n_ab * ln(nullif(n_ab, 0) * n / (n_a * n_b)), 0)
        + coalesce(only_a * ln(nullif(only_a, 0) * n / (n_a * not_b)), 0)
        + coalesce(only_b * ln(nullif(only_b, 0) * n / (not_a * n_b)), 0)
        + coalesce(neither * ln(nullif(neither, 0) * n / (not_a * not_b)), 0)
    ) as log_likelihood
from cells
