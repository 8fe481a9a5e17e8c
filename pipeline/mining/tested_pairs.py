"""Test every pair that could be published, and keep those that chance does not explain.

The test of a pair is the same in both directions, so unordered pairs are tested, unless only
targets after the source count: then each direction has counts, and a test, of its own. Two items of
one family are no candidates: they are never published, whatever their counts are.
"""

import math
from itertools import islice
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.config.mining_options import AlsoBought, AlsoViewed
from pipeline.engine import Engine, Value
from pipeline.mining.baskets import Bools
from pipeline.mining.significance import corrected, p_values
from pipeline.mining.steps import build
from pipeline.mining.threads import in_threads

BYTES_PER_PAIR = 48
"""Codes, counts and the p-value of a pair, if many are kept."""

_COUNTS = ("joint_count", "source_count", "target_count")
_ROUNDING = 1e-9
_BATCHES_PER_THREAD = 4
_EVEN_CHANCE = 0.5


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
    *,
    threads: int = 1,
) -> PairTests:
    """Build `tested_pairs` from `candidate_pairs` and `pair_persons`, a pair in and a pair out.

    Args:
        engine: Holds both tables and `pair_items`.
        options: Their correction, and the largest q-value.
        values: Bound values; `basket_count` among them.
        candidate_pair_count: Rows of `candidate_pairs`.
        threads: Any number gives the same.
    """
    supported_count = build(engine, "supported_pairs", values)
    test_count = _test_count(engine, is_directed=bool(values["after_only"]))
    most = options.max_q_value
    limit = math.inf if most is None else most * (1 + _ROUNDING)
    with engine.room(BYTES_PER_PAIR * supported_count):
        pairs = _tested(engine, int(values["basket_count"] or 0), limit, threads)
    q = corrected(pairs["p_value"].to_numpy(), test_count, options.correction)
    pairs = pairs.append_column("q_value", pa.array(q))
    if most is not None:
        pairs = pairs.filter(pc.less_equal(pairs["q_value"], most))
    kept_count = engine.load("tested_pairs", pairs)
    return PairTests(
        test_count, candidate_pair_count - supported_count, supported_count - kept_count
    )


def _tested(engine: Engine, basket_count: int, limit: float, threads: int) -> pa.Table:
    """Return the pairs whose p-value is at most so large; the others are read and forgotten.

    They change no q-value up to the limit: no correction makes a value smaller, the place of a
    p-value goes by smaller ones, and larger ones count only where they become less than it.
    """

    def test(batch: pa.RecordBatch) -> pa.Table:
        table = pa.Table.from_batches([batch])
        if limit < _EVEN_CHANCE:
            table = table.filter(pa.array(_more_than_expected(table, basket_count)))
        joint, left, right = (table[name].to_numpy() for name in _COUNTS)
        p = p_values(joint, left, right, basket_count)
        return table.append_column("p_value", pa.array(p)).filter(pa.array(p <= limit))

    found: list[pa.Table] = []
    batches = engine.batches("select * from supported_pairs")
    while waiting := list(islice(batches, threads * _BATCHES_PER_THREAD)):
        found += in_threads(test, waiting, threads)
    return pa.concat_tables(found) if found else _untested(engine)


def _more_than_expected(pairs: pa.Table, basket_count: int) -> Bools:
    """Return which pairs are together more often than by chance; the others need no test.

    Their p-value is a half or more: the median of a hypergeometric count is its mean, rounded up or
    down (A. Siegel, Median bounds and their application, 2001). Rounding lets some of them by.
    """
    joint, left, right = (pairs[name].to_numpy().astype(np.float64) for name in _COUNTS)
    return np.asarray(joint * basket_count > left * right * (1 - _ROUNDING), np.bool_)


def _untested(engine: Engine) -> pa.Table:
    return engine.fetch("supported_pairs").append_column("p_value", pa.array([], pa.float64()))


def _test_count(engine: Engine, *, is_directed: bool) -> int:
    build(engine, "pair_totals", {})
    ordered = int(engine.fetch("pair_totals")["ordered_pair_count"][0].as_py())
    return ordered if is_directed else ordered // 2
