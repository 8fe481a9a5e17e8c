"""Do the tables hold what they promise? False rules, power, and rules that hold up.

    python bench/trust.py [--rules FILE ...]

Prints the figures of docs/trust.md as Markdown. Without files: baskets of independent items, in
which every rule is false, and baskets with planted pairs. A file is `association_rules` of a run
with `max_q_value` null, `only_productive` false and `holdout_days` set: of its rules, how many
of those that each way of choosing takes hold up in the days held out?
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.config.mining_options import AlsoBought, Mining
from pipeline.io.duckdb_engine import DuckDBEngine
from pipeline.mining.associations import build_also_bought
from pipeline.mining.rules import build_rules
from pipeline.mining.window import Window

BASKET_COUNT = 20_000
ITEM_COUNT = 400
SEEDS = range(20)
WINDOW = Window(0, 1)
SMALLEST_SHARE, LARGEST_SHARE = 0.015, 0.05
LIFTS = (1.25, 1.5, 2.0, 3.0, 5.0)
PLANTED_SHARES = (0.01, 0.02, 0.05)
PLANTED_PAIRS = 20
NAIVE_LIFT, NAIVE_COUNT = 1.5, 5

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class FalseRules:
    """Pairs reported of one set of baskets in which no two items are related."""

    also_bought: int
    association_rules: int
    naive: int


def independent_baskets(seed: int) -> Bools:
    """Return baskets by items; an item's share is drawn, and no item knows of another."""
    draw = np.random.default_rng(seed)
    low, high = np.log([SMALLEST_SHARE, LARGEST_SHARE])
    shares = np.exp(draw.uniform(low, high, ITEM_COUNT))
    return draw.random((BASKET_COUNT, ITEM_COUNT)) < shares


def planted_baskets(seed: int, share: float, lift: float) -> Bools:
    """Return independent baskets in which the first items are pairs of the lift, 0-1, 2-3 ..."""
    draw, baskets = np.random.default_rng(seed), independent_baskets(seed)
    for first in range(0, 2 * PLANTED_PAIRS, 2):
        both = share * share * lift
        alone = share - both
        kind = draw.choice(4, BASKET_COUNT, p=[both, alone, alone, 1 - both - 2 * alone])
        baskets[:, first] = kind <= 1
        baskets[:, first + 1] = (kind == 0) | (kind == 2)  # noqa: PLR2004
    return baskets


def load(engine: DuckDBEngine, baskets: Bools) -> None:
    """Load baskets as orders of nobody; an item's id is its number."""
    orders, items = np.nonzero(baskets)
    lines = {
        "order_code": orders,
        "customer_code": pa.nulls(len(orders), pa.int64()),
        "item_code": items.astype(np.int32),
        "ordered_at": np.zeros(len(orders), np.int64),
        "ordered_day": np.zeros(len(orders), np.int32),
    }
    engine.load("sale_lines", pa.table(lines))
    codes = np.arange(baskets.shape[1], dtype=np.int32)
    ids = {"item_code": codes, "item_id": pa.array([f"{code:03}" for code in codes.tolist()])}
    engine.load("items", pa.table({**ids, "product_id": pa.nulls(len(codes), pa.string())}))


def also_bought_pairs(engine: DuckDBEngine, **changes: float | None) -> list[tuple[int, int]]:
    """Build `also_bought` by order and return its pairs, each once."""
    options = AlsoBought.model_validate({"grain": "order", "max_targets": ITEM_COUNT, **changes})
    build_also_bought(engine, options, WINDOW, "sku")
    rows = engine.fetch("also_bought")
    pairs = zip(rows["source_item_id"].to_pylist(), rows["target_item_id"].to_pylist(), strict=True)
    return [(int(a), int(b)) for a, b in pairs if a < b]


def false_rules(engine: DuckDBEngine, seed: int) -> FalseRules:
    """Count what is reported of independent items, by our defaults and by the naive way.

    The naive way corrects as we do but filters first, so its m is what is left: pairs with a
    count of 5 and a lift of 1.5 or more.
    """
    load(engine, independent_baskets(seed))
    ours = also_bought_pairs(engine)
    config = Mining(min_support=None, min_count=20, min_confidence=0.0, max_itemset_size=3)
    rules = build_rules(engine, config, WINDOW, "sku").rule_count
    naive = {"min_lift": NAIVE_LIFT, "min_pair_count": NAIVE_COUNT, "min_item_count": 1}
    also_bought_pairs(engine, max_q_value=None, **naive)
    found = engine.fetch("also_bought")
    p = found.filter(pa.compute.less(found["source_item_id"], found["target_item_id"]))["p_value"]
    ordered = np.sort(p.to_numpy())
    passed = np.flatnonzero(ordered * len(ordered) <= 0.05 * np.arange(1, len(ordered) + 1))
    return FalseRules(len(ours), rules, int(passed.max(initial=-1)) + 1)


def power(engine: DuckDBEngine, share: float, lift: float) -> float:
    """Return the share of planted pairs that `also_bought` finds."""
    load(engine, planted_baskets(1, share, lift))
    planted = {(first, first + 1) for first in range(0, 2 * PLANTED_PAIRS, 2)}
    return len(planted & set(also_bought_pairs(engine))) / PLANTED_PAIRS


@dataclass(frozen=True)
class HoldUp:
    """How many of the rules chosen by one way hold up later.

    Attributes:
        way: How they were chosen.
        rules: How many.
        held_up: Share of them that are together more often than by chance once more.
        lift_kept: Median of the lift later divided by the lift when they were found.
    """

    way: str
    rules: int
    held_up: float
    lift_kept: float


def hold_up(path: Path) -> Iterator[HoldUp]:
    """Compare ways to choose rules: ours, and as many of the highest lift, confidence, support."""
    columns = ["q_value", "is_productive", "lift", "confidence", "joint_count", "lift_holdout",
               "held_up", "lift_low"]  # fmt: skip
    rows = {
        name: column.to_numpy()
        for name, column in zip(columns, pq.read_table(path, columns=columns), strict=True)
    }
    held_up = rows["held_up"] == np.True_  # what was not seen again did not hold up
    kept_lift = np.nan_to_num(rows["lift_holdout"]) / rows["lift"]
    is_ours = (rows["q_value"] <= 0.05) & rows["is_productive"].astype(np.bool_)  # noqa: PLR2004
    count = int(is_ours.sum())
    chosen = {"every rule that reaches the thresholds": np.arange(len(held_up)),
              "q <= .05 and productive (default)": np.flatnonzero(is_ours)}  # fmt: skip
    for name in ("lift", "confidence", "joint_count"):
        chosen[f"as many, by {name}"] = np.argsort(-rows[name], kind="stable")[:count]
    for top in (100, 1000):
        ours = np.flatnonzero(is_ours)
        by_low = ours[np.argsort(-rows["lift_low"][ours], kind="stable")][:top]
        chosen[f"best {top:,} of the default, by lift_low"] = by_low
        for name in ("lift", "confidence"):
            chosen[f"best {top:,} by {name}"] = np.argsort(-rows[name], kind="stable")[:top]
    for way, places in chosen.items():
        yield HoldUp(
            way, len(places), float(held_up[places].mean()), float(np.median(kept_lift[places]))
        )


def print_simulations(engine: DuckDBEngine) -> None:
    """Print false rules of independent items, and power."""
    found = [false_rules(engine, seed) for seed in SEEDS]
    print("| way | false pairs or rules a run | runs with any |\n|---|---|---|")
    for name in ("naive", "also_bought", "association_rules"):
        counts = np.array([getattr(one, name) for one in found])
        print(f"| {name} | {counts.mean():.2f} | {(counts > 0).mean():.0%} |")
    print("\n| lift |", " | ".join(f"share {share:.1%}" for share in PLANTED_SHARES), "|")
    print("|---|" + "---|" * len(PLANTED_SHARES))
    for lift in LIFTS:
        cells = [f"{power(engine, share, lift):.0%}" for share in PLANTED_SHARES]
        print(f"| {lift} |", " | ".join(cells), "|")


def main() -> None:
    """Print every figure as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rules", type=Path, nargs="*", default=[])
    arguments = parser.parse_args()
    if not arguments.rules:
        print_simulations(DuckDBEngine(threads=1))
    for path in arguments.rules:
        print(f"\n{path.parent.parent.parent.name}\n")
        print("| chosen | rules | held up | lift kept |\n|---|---|---|---|")
        for row in hold_up(path):
            print(f"| {row.way} | {row.rules:,} | {row.held_up:.1%} | {row.lift_kept:.2f} |")


if __name__ == "__main__":
    main()
