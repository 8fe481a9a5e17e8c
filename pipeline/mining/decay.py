"""Pairs weighed by age: what was bought together lately counts for more.

An item in a basket weighs 2^(-age / half-life), its age counted in whole days from the first time
that it was bought there; a pair weighs as its older item, a basket as its newest. Weights are whole
multiples of 2^-20, so that sums do not depend on any order.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import exp2

import numpy as np
import pyarrow as pa

from pipeline.engine import Engine, Value
from pipeline.mining.baskets import Floats, Int64s, to_offsets
from pipeline.mining.columns import read_columns
from pipeline.mining.steps import build

FULL_WEIGHT = 1 << 20
"""Weight of what was bought on the last day."""
_LINES = """
select
    basket_code, item_code,
    ($window_end - first_at - ($window_end - first_at) % 86400000000) / 86400000000 as age_days
from pair_baskets
"""
_NOTHING = pa.schema(
    [
        ("source_code", pa.int64()),
        ("target_code", pa.int64()),
        ("rank", pa.int64()),
        ("decayed_weight", pa.float64()),
        ("decayed_lift_low", pa.float64()),
    ]
)


@dataclass(frozen=True)
class AgedLines:
    """Weighed items of baskets: item `i` stands in `baskets[offsets[i]:offsets[i + 1]]`."""

    baskets: Int64s
    weights: Int64s
    offsets: Int64s

    def of(self, item: int) -> tuple[Int64s, Int64s]:
        """Return the baskets that hold an item, and its weight in each."""
        rows = slice(self.offsets[item], self.offsets[item + 1])
        return self.baskets[rows], self.weights[rows]

    @property
    def item_weights(self) -> Int64s:
        """Weight of each item over all baskets."""
        sums = np.concatenate(([0], np.cumsum(self.weights)))
        return sums[self.offsets[1:]] - sums[self.offsets[:-1]]


def weight(age_days: int, half_life_days: int) -> int:
    """Return how much something of an age weighs: half of it each half-life.

    Example:
        >>> [weight(age, 30) / FULL_WEIGHT for age in (0, 30, 60)]
        [1.0, 0.5, 0.25]
    """
    return round(FULL_WEIGHT * exp2(-age_days / half_life_days))


def basket_weight(engine: Engine, half_life_days: int, window_end: Value, most: Value) -> int:
    """Return the weight of all baskets.

    Args:
        engine: Holds `baskets` and `basket_sizes`.
        half_life_days: After so many days something weighs half.
        window_end: Ages are counted back from it.
        most: Baskets with more items are left out.
    """
    build(engine, "basket_ages", {"window_end": window_end, "max_basket_items": most})
    ages = engine.fetch("basket_ages").to_pylist()
    engine.drop("basket_ages")
    return sum(row["basket_count"] * weight(row["age_days"], half_life_days) for row in ages)


def keep_all(engine: Engine) -> None:
    """Build `decayed_pairs` without rows: nothing is ranked by age."""
    engine.load("decayed_pairs", _NOTHING.empty_table())


def keep_freshest(
    engine: Engine, half_life_days: int, window_end: Value, *, all_weight: int, max_targets: int
) -> None:
    """Build `decayed_pairs`, and keep only its pairs in `pair_counts`.

    Pairs are ranked by the lower bound of lift, computed from weights in place of counts.

    Args:
        engine: Holds `pair_baskets` and `pair_counts`, both directions of each pair.
        half_life_days: After so many days something weighs half.
        window_end: Ages are counted back from it.
        all_weight: See `basket_weight`.
        max_targets: Targets kept of each source.
    """
    pairs = engine.fetch("pair_counts").select(["source_code", "target_code", "target_place"])
    sources, targets, places = (column.to_numpy().astype(np.int64) for column in pairs.columns)
    lines = read_aged_lines(engine, half_life_days, window_end)
    joint = _joint_weights(lines, sources, targets)
    items = lines.item_weights
    bounds = lift_low(joint, items[sources], items[targets], all_weight)
    order = np.lexsort((places, -joint, -bounds, sources))
    firsts = np.searchsorted(sources[order], sources[order])
    ranks = 1 + np.arange(len(order)) - firsts
    kept = order[ranks <= max_targets]
    columns = (sources[kept], targets[kept], ranks[ranks <= max_targets])
    measures = (joint[kept] / FULL_WEIGHT, bounds[kept])
    engine.load("decayed_pairs", pa.table([*columns, *measures], schema=_NOTHING))
    build(engine, "decayed_pair_counts", {})
    engine.rename("decayed_pair_counts", "pair_counts")


def read_aged_lines(engine: Engine, half_life_days: int, window_end: Value) -> AgedLines:
    """Return the lines of `pair_baskets` with their weights."""
    kinds = {"basket_code": "int64", "item_code": "int64", "age_days": "int64"}
    codes, items, ages = read_columns(engine, _LINES, kinds, {"window_end": window_end})
    table = [weight(age, half_life_days) for age in range(int(ages.max(initial=0)) + 1)]
    order = np.argsort(items, kind="stable")
    baskets = np.unique(codes, return_inverse=True)[1]
    weights = np.array(table, dtype=np.int64)[ages]
    return AgedLines(baskets[order], weights[order], to_offsets(np.bincount(items)))


def _joint_weights(lines: AgedLines, sources: Int64s, targets: Int64s) -> Int64s:
    """Return the weight of each pair over all baskets; both directions have the same."""
    weights = np.zeros(len(sources), dtype=np.int64)
    in_basket = np.zeros(int(lines.baskets.max(initial=-1)) + 1, dtype=np.int64)
    for source, rows in _by_source(sources):
        baskets, own = lines.of(source)
        in_basket[baskets] = own
        for row in rows:
            others, their = lines.of(targets[row])
            weights[row] = np.minimum(in_basket[others], their).sum()
        in_basket[baskets] = 0
    return weights


def _by_source(sources: Int64s) -> Iterator[tuple[int, Int64s]]:
    order = np.argsort(sources, kind="stable")
    found, starts = np.unique(sources[order], return_index=True)
    yield from zip(found.tolist(), np.split(order, starts[1:]), strict=False)


def lift_low(joint: Int64s, source: Int64s, target: Int64s, everything: int) -> Floats:
    """Return the lower bound of lift, z = 1.96, of weights in baskets; 0 where nothing weighs."""
    n_ab, n_a, n_b = (weights / FULL_WEIGHT for weights in (joint, source, target))
    spread = np.sqrt(n_ab * (n_a - n_ab) / np.where(n_a > 0, n_a, 1.0) + 0.9604)
    low = np.maximum((n_ab + 1.9208 - 1.96 * spread) / (n_a + 3.8416), 0.0)
    share = n_b / (everything / FULL_WEIGHT) if everything else n_b
    bound: Floats = np.where(n_b > 0, low / np.where(n_b > 0, share, 1.0), 0.0)
    return bound
