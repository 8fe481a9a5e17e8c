"""Tests of pairs of items: is the link inside a part of a context another one than outside it?"""

import numpy as np
import pyarrow as pa

from pipeline.config.context_options import Context
from pipeline.mining.baskets import Bools, Int64s
from pipeline.mining.context_counts import PartCounts
from pipeline.mining.contexts import Parts
from pipeline.mining.differences import Fourfold, log_odds_ratio, two_sided_p, z_scores
from pipeline.mining.significance import benjamini_hochberg

_FEWEST_PARTS = 2


def part_tests(pairs: Int64s, counts: PartCounts, parts: Parts, min_item_count: int) -> pa.Table:
    """Return one row per pair and part of one context with enough orders, inside and outside.

    Args:
        pairs: Two items a row.
        counts: Orders of items and pairs by part.
        parts: The context.
        min_item_count: Orders that must hold each item of the pair, inside and outside.
    """
    every = _all_parts(pairs, counts)
    # The last part holds what is not told apart: it stands outside of every other one.
    inside = every.map(lambda table: table[:, :-1])
    overall = every.map(lambda table: table.sum(axis=1, keepdims=True))
    outside = overall.minus(inside)
    is_tested = _has_enough(inside, min_item_count) & _has_enough(outside, min_item_count)
    is_simpson = _is_turned_round(inside, overall, is_tested)
    rows, columns = np.nonzero(is_tested)
    inside, outside = (tables.map(lambda table: table[is_tested]) for tables in (inside, outside))
    return pa.table({
        "context": pa.array([parts.name] * len(rows), pa.string()),
        "value": pa.array(parts.values, pa.string()).take(pa.array(columns)),
        "pair": rows,
        "is_simpson": is_simpson[rows],
        "joint_count": inside.joint,
        "left_count": inside.left,
        "right_count": inside.right,
        "basket_count": inside.baskets,
        "outside_joint_count": outside.joint,
        "outside_left_count": outside.left,
        "outside_right_count": outside.right,
        "outside_basket_count": outside.baskets,
        "customer_count": counts.customers[rows, columns],
        "outside_customer_count": counts.other_customers[rows, columns],
        "log_odds_ratio": log_odds_ratio(inside),
        "outside_log_odds_ratio": log_odds_ratio(outside),
        "z_score": z_scores(inside, outside),
    })  # fmt: skip


def with_q_values(tests: pa.Table) -> pa.Table:
    """Return the tests with `p_value` and `q_value`, corrected for all of them."""
    p = two_sided_p(tests["z_score"].to_numpy())
    q = benjamini_hochberg(p, len(p))
    return tests.append_column("p_value", pa.array(p)).append_column("q_value", pa.array(q))


def is_kept(tests: pa.Table, options: Context, *, has_customers: bool) -> Bools:
    """Mark the tests that are published: a clear difference, or a direction turned round.

    Args:
        tests: With q-values.
        options: Largest q-value, and customers behind the stronger side.
        has_customers: Whether any customer is known.
    """
    is_stronger = tests["z_score"].to_numpy() > 0
    people, others = (
        tests[name].to_numpy() for name in ("customer_count", "outside_customer_count")
    )
    behind = np.where(is_stronger, people, others)
    is_clear = tests["q_value"].to_numpy() <= options.max_q_value
    if has_customers:
        is_clear &= behind >= options.min_customers
    kept: Bools = is_clear | tests["is_simpson"].to_numpy()
    return kept


def _all_parts(pairs: Int64s, counts: PartCounts) -> Fourfold:
    """Return the tables by pair and part."""
    left, right = counts.items[pairs[:, 0]], counts.items[pairs[:, 1]]
    return Fourfold(counts.joint, left, right, np.broadcast_to(counts.orders, left.shape))


def _has_enough(tables: Fourfold, min_item_count: int) -> Bools:
    enough: Bools = np.minimum(tables.left, tables.right) >= min_item_count
    return enough


def _is_turned_round(inside: Fourfold, overall: Fourfold, is_tested: Bools) -> Bools:
    """Mark pairs whose direction in every tested part is against the overall one (Simpson)."""
    overall_sign = np.sign(log_odds_ratio(overall))
    is_against = np.sign(log_odds_ratio(inside)) * overall_sign < 0
    has_parts = is_tested.sum(axis=1) >= _FEWEST_PARTS
    every: Bools = has_parts & (is_against | ~is_tested).all(axis=1)
    return every
