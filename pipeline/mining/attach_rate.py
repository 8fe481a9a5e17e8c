"""How often an order with an item also holds something of a category, month by month."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from pipeline.config.family_options import AttachRate
from pipeline.engine import Engine, Value
from pipeline.mining.attach_counts import (
    Attached,
    HeldCategories,
    Orders,
    SourceLines,
    attached_counts,
    held_categories,
    lines_of,
    month_counts,
    read_orders,
)
from pipeline.mining.baskets import Floats, Int32s, Int64s
from pipeline.mining.best_rows import best_rows
from pipeline.mining.item_groups import read_categories, read_item_ids
from pipeline.mining.proportions import wilson
from pipeline.mining.window import Window

ITEMS_PER_SLICE = 1024
"""Items whose categories are counted at once, which bounds memory."""


@dataclass(frozen=True)
class AttachRateSummary:
    """What went into `attach_rate` and what came out.

    Attributes:
        basket_count: Orders that count, single-item orders included.
        giant_basket_count: Orders left out because they hold too many items.
        source_item_count: Items in enough orders.
        category_count: Categories of the items sold.
        row_count: Rows of the published table.
    """

    basket_count: int
    giant_basket_count: int
    source_item_count: int
    category_count: int
    row_count: int


@dataclass(frozen=True)
class _Months:
    """Pairs of a source and a category, and the months with an order of the source.

    Attributes:
        source_codes: Item code of each pair's source.
        categories: Number of its category.
        ranks: Its rank within the source.
        total_counts: Orders with the source.
        attached_counts: Orders with the source and another item of the category.
        lift_low: The score that ranks.
        baseline_shares: Share of all orders with a category, a row each and a column a month.
        pairs: Pair of each row of the table.
        months: Number of its month.
        order_counts: Orders of the month with the source.
        both_counts: Of these, orders with another item of the category.
    """

    source_codes: Int64s
    categories: Int32s
    ranks: Int64s
    total_counts: Int64s
    attached_counts: Int64s
    lift_low: Floats
    baseline_shares: Floats
    pairs: Int32s
    months: Int32s
    order_counts: Int32s
    both_counts: Int32s


@dataclass(frozen=True)
class _Words:
    """What the numbers of items, categories and months stand for."""

    item_ids: pa.Array
    categories: pa.Array
    months: pa.Array


def build_attach_rate(
    engine: Engine, options: AttachRate, window: Window, item_level: str
) -> AttachRateSummary:
    """Promise `attach_rate`: from sale lines to one row per source item, category and month.

    Its counts are found now; they are put into words, in the order of the file, when it is written.

    Args:
        engine: Holds `sale_lines`, and `items` with categories.
        options: Thresholds.
        window: Sale lines inside it count.
        item_level: What an item is.

    Returns:
        The counts that the run summary shows.
    """
    orders = read_orders(engine, window, options.max_basket_items)
    categories = held_categories(orders, read_categories(engine, options.category_depth))
    item_ids = read_item_ids(engine)
    lines = lines_of(orders, categories, options.min_order_count, item_ids)
    slices = [
        _attached(orders, categories, lines.part(at, at + ITEMS_PER_SLICE), options)
        for at in range(0, max(1, len(lines.sources)), ITEMS_PER_SLICE)
    ]
    words = _Words(item_ids, categories.groups.names, pa.array(orders.month_names, pa.string()))
    labels: dict[str, Value] = {"item_level": item_level, **window.values}
    row_count = engine.promise(
        "attach_rate",
        lambda: (_rows(one, words, labels) for one in slices),
        sum(len(one.months) for one in slices),
    )
    return AttachRateSummary(
        basket_count=len(orders),
        giant_basket_count=orders.giant_count,
        source_item_count=len(lines.sources),
        category_count=categories.count,
        row_count=row_count,
    )


def _attached(
    orders: Orders, categories: HeldCategories, lines: SourceLines, options: AttachRate
) -> _Months:
    """Return the best categories of some sources, and the counts of the sources' months."""
    pairs = attached_counts(categories, lines, options.min_attached_count)
    totals = np.diff(lines.starts)[pairs.sources]
    shares = categories.order_counts.sum(axis=1)[pairs.categories] / max(1, len(orders))
    lift_low = wilson(pairs.counts, totals)[0] / shares
    ties = -pairs.counts, pairs.categories
    kept, ranks = best_rows(pairs.sources, lift_low, ties, options.max_categories)
    best = Attached(pairs.sources[kept], pairs.categories[kept], pairs.counts[kept])
    order_counts = _order_counts(orders, lines)[best.sources]
    of_pairs, months = np.nonzero(order_counts)
    both_counts = month_counts(orders, categories, lines, best)
    all_counts = np.bincount(orders.months, minlength=len(orders.month_names))
    return _Months(
        source_codes=lines.sources[best.sources],
        categories=best.categories,
        ranks=ranks,
        total_counts=totals[kept],
        attached_counts=best.counts,
        lift_low=lift_low[kept],
        baseline_shares=categories.order_counts / np.maximum(all_counts, 1),
        pairs=of_pairs.astype(np.int32),
        months=months.astype(np.int32),
        order_counts=order_counts[of_pairs, months].astype(np.int32),
        both_counts=both_counts[of_pairs, months].astype(np.int32),
    )


def _rows(part: _Months, words: _Words, labels: Mapping[str, Value]) -> pa.Table:
    """Return the published rows of some sources."""
    pairs, orders, both = part.pairs, part.order_counts, part.both_counts.astype(np.int64)
    low, high = wilson(both, orders.astype(np.int64))
    columns = {
        "source_item_id": words.item_ids.take(pa.array(part.source_codes[pairs])),
        "category": words.categories.take(pa.array(part.categories[pairs])),
        "month": words.months.take(pa.array(part.months)),
        "order_count": orders,
        "attached_count": both,
        "attach_rate": both / orders,
        "attach_rate_low": low,
        "attach_rate_high": high,
        "baseline_share": part.baseline_shares[part.categories[pairs], part.months],
        "category_rank": part.ranks[pairs],
        "total_order_count": part.total_counts[pairs],
        "total_attached_count": part.attached_counts[pairs],
        "lift_low": part.lift_low[pairs],
    }
    return pa.table({**columns, **{name: pa.repeat(labels[name], len(pairs)) for name in labels}})


def _order_counts(orders: Orders, lines: SourceLines) -> Int64s:
    """Count the orders of sources by month: a row a source, a column a month."""
    count, month_count = len(lines.sources), len(orders.month_names)
    places = np.repeat(np.arange(count) * month_count, np.diff(lines.starts))
    found = np.bincount(places + orders.months[lines.orders], minlength=count * month_count)
    return found.reshape(count, month_count)
