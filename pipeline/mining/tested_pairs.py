"""Test every pair that could be published, and keep those that chance does not explain.

The test of a pair is the same in both directions, so unordered pairs are tested, unless only
targets after the source count: then each direction has counts, and a test, of its own. Two items of
one family are no candidates: they are never published, whatever their counts are.
"""

from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.config.mining_options import AlsoBought, AlsoViewed
from pipeline.engine import Engine, Value
from pipeline.mining.significance import corrected, p_values
from pipeline.mining.steps import build


class PairTests(NamedTuple):
    """How many pairs could have been found (m), how many were left out, and for which reason."""

    tested_pair_count: int
    few_person_pair_count: int
    insignificant_pair_count: int


def keep_significant(
    engine: Engine,
    options: AlsoBought | AlsoViewed,
    values: dict[str, Value],
    candidate_pair_count: int,
) -> PairTests:
    """Build `tested_pairs` from `candidate_pairs` and `pair_persons`, a pair in and a pair out.

    Args:
        engine: Holds both tables and `pair_items`.
        options: Their correction, and the largest q-value.
        values: Bound values; `basket_count` among them.
        candidate_pair_count: Rows of `candidate_pairs`.
    """
    supported_count = build(engine, "supported_pairs", values)
    pairs = engine.fetch("supported_pairs")
    test_count = _test_count(engine, is_directed=bool(values["after_only"]))
    p = p_values(
        pairs["joint_count"].to_numpy(),
        pairs["source_count"].to_numpy(),
        pairs["target_count"].to_numpy(),
        int(values["basket_count"] or 0),
    )
    q = corrected(p, test_count, options.correction)
    pairs = pairs.append_column("p_value", pa.array(p)).append_column("q_value", pa.array(q))
    if options.max_q_value is not None:
        pairs = pairs.filter(pc.less_equal(pairs["q_value"], options.max_q_value))
    kept_count = engine.load("tested_pairs", pairs)
    return PairTests(
        test_count, candidate_pair_count - supported_count, supported_count - kept_count
    )


def _test_count(engine: Engine, *, is_directed: bool) -> int:
    build(engine, "pair_totals", {})
    ordered = int(engine.fetch("pair_totals")["ordered_pair_count"][0].as_py())
    return ordered if is_directed else ordered // 2
