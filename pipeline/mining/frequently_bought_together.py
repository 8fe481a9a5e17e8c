"""For each item the set of items that is bought together with it most tellingly, in one order."""

import hashlib
from dataclasses import asdict, dataclass
from fractions import Fraction
from math import ceil

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.config.family_options import FrequentlyBoughtTogether
from pipeline.config.mining_options import Mining
from pipeline.engine import Engine, Value
from pipeline.mining.baskets import Baskets, Int64s, read_baskets
from pipeline.mining.itemsets import (
    Itemsets,
    TooManyItemsetsError,
    mine_itemsets,
    relabel_items,
)
from pipeline.mining.proportions import wilson
from pipeline.mining.steps import build
from pipeline.mining.threads import thread_count
from pipeline.mining.together_sets import TogetherRules, Unfit, best_rules
from pipeline.mining.window import Window

SEPARATOR = "\x1f"
_ITEMS = """
select item_code, item_id, product_id, cast(price * 10000 as bigint) as price
from items
order by item_id asc nulls last
"""


@dataclass(frozen=True)
class TogetherSummary:
    """What went into `frequently_bought_together` and what came out.

    Attributes:
        basket_count: Orders that count, single-item orders included.
        giant_basket_count: Orders left out because they hold too many items.
        min_count: Orders that must hold a set; raised where there were too many sets.
        set_count: Sets of two items and more in enough orders.
        unfit_set_count: Sets left out because of two items of one product, or substitutes.
        unlifted_set_count: Sets left out because of two items no more often together than by
            chance.
        insignificant_rule_count: Source items of a set left out because chance explains it.
        row_count: Rows of the published table.
    """

    basket_count: int
    giant_basket_count: int
    min_count: int
    set_count: int
    unfit_set_count: int
    unlifted_set_count: int
    insignificant_rule_count: int
    row_count: int


def build_frequently_bought_together(
    engine: Engine,
    options: FrequentlyBoughtTogether,
    window: Window,
    item_level: str,
    *,
    threads: int = 1,
    substitutes: pa.Table | None = None,
) -> TogetherSummary:
    """Build `frequently_bought_together`: from sale lines to one row per source item.

    Args:
        engine: Holds `sale_lines` and `items`.
        options: Thresholds.
        window: Sale lines inside it count.
        item_level: What an item is; items of one product are never in one set where it is `sku`.
        threads: Threads of the miner; 0 takes every core.
        substitutes: Pairs of item codes that replace each other, as source_code and target_code.

    Returns:
        The counts that the run summary shows.
    """
    grouping = Mining(grain="order", max_basket_items=options.max_basket_items)
    baskets = read_baskets(engine, grouping, window)
    min_count, found = _mined(baskets, options, thread_count(threads))
    itemsets, items = _numbered(engine, found)
    unfit = _unfit(items, substitutes, has_families=item_level == "sku")
    rules, left_out = best_rules(itemsets, baskets.basket_count, unfit, options)
    engine.load("together_sets", _rows(rules, itemsets, items))
    values: dict[str, Value] = {"basket_count": baskets.basket_count, "item_level": item_level}
    row_count = build(engine, "frequently_bought_together", {**values, **window.values})
    engine.drop("together_sets")
    return TogetherSummary(
        basket_count=baskets.basket_count,
        giant_basket_count=baskets.giant_basket_count,
        min_count=min_count,
        set_count=int((itemsets.sizes > 1).sum()),
        **asdict(left_out),
        row_count=row_count,
    )


def _mined(
    baskets: Baskets, options: FrequentlyBoughtTogether, threads: int
) -> tuple[int, Itemsets]:
    """Mine the sets; return the orders that hold each, doubled until there are few enough."""
    share = Fraction(str(options.min_support))
    min_count = max(options.min_order_count, ceil(share * baskets.basket_count))
    size, most = options.max_set_items, options.max_itemsets
    while True:
        try:
            return min_count, mine_itemsets(
                baskets, min_count, size, "fpgrowth", threads=threads, most=most
            )
        except TooManyItemsetsError:
            min_count *= 2


def _numbered(engine: Engine, itemsets: Itemsets) -> tuple[Itemsets, pa.Table]:
    """Number the frequent items in the order of their ids; return them as a table in that order."""
    items = pa.Table.from_batches(engine.batches(_ITEMS)) if len(itemsets.counts) else None
    if items is None:
        kinds = [("item_code", pa.int32()), ("item_id", pa.string()), ("product_id", pa.string())]
        return itemsets, pa.schema([*kinds, ("price", pa.int64())]).empty_table()
    codes = items["item_code"].to_numpy()
    frequent = items.filter(pa.array(np.isin(codes, itemsets.items)))
    numbers = np.zeros(int(codes.max()) + 1, np.int32)
    numbers[frequent["item_code"].to_numpy()] = np.arange(frequent.num_rows)
    return relabel_items(itemsets, numbers), frequent


def _unfit(items: pa.Table, substitutes: pa.Table | None, *, has_families: bool) -> Unfit:
    """Return which items are of one product, and which replace each other, by their numbers."""
    families = np.arange(items.num_rows) + items.num_rows
    if has_families and items.num_rows:
        products = pc.dictionary_encode(items["product_id"].combine_chunks())
        known = products.is_valid().to_numpy(zero_copy_only=False)
        families[known] = products.indices.drop_null().to_numpy()
    if substitutes is None:
        return Unfit(families, *(np.zeros(0, np.int64),) * 2)
    numbers = {code: at for at, code in enumerate(items["item_code"].to_pylist())}
    pairs = [
        (numbers[row["source_code"]], numbers[row["target_code"]])
        for row in substitutes.to_pylist()
        if row["source_code"] in numbers and row["target_code"] in numbers
    ]
    left, right = np.array(pairs, np.int64).reshape(-1, 2).T
    return Unfit(families, left, right)


def _rows(rules: TogetherRules, itemsets: Itemsets, items: pa.Table) -> pa.Table:
    """Return the columns of the published table that are not the same in every row."""
    sets = [itemsets.items[itemsets.offsets[s] : itemsets.offsets[s + 1]] for s in rules.sets]
    all_ids, all_prices = items["item_id"].to_pylist(), items["price"].to_pylist()
    ids = [[all_ids[item] for item in one] for one in sets]
    prices = [[all_prices[item] for item in one] for one in sets]
    low, high = wilson(rules.order_counts, rules.source_counts)
    codes: Int64s = items["item_code"].to_numpy()
    return pa.table(
        {
            "source_code": codes[rules.sources],
            "set_id": pa.array([_set_id(one) for one in ids], pa.string()),
            "items": pa.array(ids, pa.list_(pa.string())),
            "item_count": np.array([len(one) for one in ids], np.int64),
            "order_count": rules.order_counts,
            "source_count": rules.source_counts,
            "confidence": rules.order_counts / rules.source_counts,
            "confidence_low": low,
            "confidence_high": high,
            "set_lift": rules.set_lifts,
            "least_pair_lift": rules.least_pair_lifts,
            "p_value": rules.p_values,
            "q_value": rules.q_values,
            "price_sum": pa.array([_price_sum(one) for one in prices], pa.float64()),
        }
    )


def _set_id(ids: list[str]) -> str:
    text = SEPARATOR.join(["frequently_bought_together", *ids])
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()[:16]


def _price_sum(prices: list[int | None]) -> float | None:
    return None if None in prices else sum(price or 0 for price in prices) / 10_000
