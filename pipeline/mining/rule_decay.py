"""Association rules weighed by age: see `decay.py`, with sets of items in place of pairs."""

from functools import reduce

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.config.mining_options import Mining
from pipeline.engine import Engine, Value
from pipeline.mining.baskets import Int64s
from pipeline.mining.decay import FULL_WEIGHT, AgedLines, basket_weight, lift_low, read_aged_lines
from pipeline.mining.holdout import split_window
from pipeline.mining.steps import build, sql_of
from pipeline.mining.window import Window

_TABLES = (
    *("basket_lines", "named_items", "baskets", "basket_sizes", "basket_items", "pair_items"),
    "pair_baskets",
)

Itemset = tuple[int, ...]


def rank_rules_by_age(engine: Engine, config: Mining, window: Window, half_life_days: int) -> None:
    """Fill the decayed columns of `association_rules` and rank the rules by them.

    A set of items in a basket weighs as its oldest item. Only the rules that are published are
    weighed, each on its own; ties go to the rank by counts.

    Args:
        engine: Holds `sale_lines`, `items` and `association_rules`.
        config: What a basket is.
        window: That of the rules and of the days held out, which are not weighed.
        half_life_days: After so many days something weighs half.
    """
    window, _ = split_window(window, config.holdout_days)
    values: dict[str, Value] = {
        **window.values,
        "grain": config.grain,
        "max_basket_items": config.max_basket_items,
        "min_item_count": 1,
        "leaves_out_families": False,
    }
    engine.create_table("basket_lines", sql_of("also_bought_lines"), values)
    for step in _TABLES[1:]:
        build(engine, step, values)
    everything = basket_weight(engine, half_life_days, window.end, config.max_basket_items)
    lines = read_aged_lines(engine, half_life_days, window.end)
    rules = engine.fetch("association_rules").sort_by("rank")
    engine.load("association_rules", _ranked(rules, lines, _item_codes(engine), everything))
    engine.drop(*_TABLES)


def itemset_weight(lines: AgedLines, itemset: Itemset) -> int:
    """Return the weight of a set of items over all baskets."""
    return int(reduce(_both, (lines.of(item) for item in itemset))[1].sum())


def _both(left: tuple[Int64s, Int64s], right: tuple[Int64s, Int64s]) -> tuple[Int64s, Int64s]:
    """Return the baskets with both sides, and the smaller weight in each."""
    baskets, in_left, in_right = np.intersect1d(
        left[0], right[0], assume_unique=True, return_indices=True
    )
    return baskets, np.minimum(left[1][in_left], right[1][in_right])


def _ranked(rules: pa.Table, lines: AgedLines, codes: dict[str, int], everything: int) -> pa.Table:
    sides = [_itemsets(rules[side], codes) for side in ("antecedent", "consequent")]
    both = [tuple(sorted(left + right)) for left, right in zip(*sides, strict=True)]
    known = {itemset: itemset_weight(lines, itemset) for itemset in {*sides[0], *sides[1], *both}}
    joint, left, right = (
        np.array([known[itemset] for itemset in itemsets], dtype=np.int64)
        for itemsets in (both, *sides)
    )
    bounds = lift_low(joint, left, right, everything)
    ranks = np.empty(len(joint), dtype=np.int64)
    # The last key counts first; rules come in the order of their rank by counts.
    ranks[np.lexsort((np.arange(len(joint)), -joint, -bounds))] = np.arange(1, len(joint) + 1)
    columns = {"rank": ranks, "decayed_weight": joint / FULL_WEIGHT, "decayed_lift_low": bounds}
    for name, values in columns.items():
        rules = rules.set_column(rules.column_names.index(name), name, pa.array(values))
    return rules


def _itemsets(sides: pa.ChunkedArray, codes: dict[str, int]) -> list[Itemset]:
    return [tuple(sorted(codes[item] for item in side)) for side in sides.to_pylist()]


def _item_codes(engine: Engine) -> dict[str, int]:
    """Return the code of each item that stands in a basket."""
    items = engine.fetch("items").select(["item_id", "item_code"])
    frequent = engine.fetch("pair_items")["item_code"]
    kept = items.filter(pc.is_in(items["item_code"], value_set=frequent.combine_chunks()))
    return dict(zip(kept["item_id"].to_pylist(), kept["item_code"].to_pylist(), strict=True))
