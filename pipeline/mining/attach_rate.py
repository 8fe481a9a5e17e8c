"""How often an order with an item also holds something of a category, month by month."""

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
from pipeline.mining.baskets import Floats, Int64s
from pipeline.mining.item_groups import read_categories
from pipeline.mining.proportions import wilson
from pipeline.mining.steps import build
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


def build_attach_rate(
    engine: Engine, options: AttachRate, window: Window, item_level: str
) -> AttachRateSummary:
    """Build `attach_rate`: from sale lines to one row per source item, category and month.

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
    lines = lines_of(orders, categories, options.min_order_count)
    slices = [
        _attached(orders, categories, lines.part(at, at + ITEMS_PER_SLICE), options)
        for at in range(0, max(1, len(lines.sources)), ITEMS_PER_SLICE)
    ]
    engine.load("attached_months", pa.concat_tables(slices))
    values: dict[str, Value] = {"item_level": item_level, **window.values}
    row_count = build(engine, "attach_rate", values)
    engine.drop("attached_months")
    return AttachRateSummary(
        basket_count=len(orders),
        giant_basket_count=orders.giant_count,
        source_item_count=len(lines.sources),
        category_count=categories.count,
        row_count=row_count,
    )


def _attached(
    orders: Orders, categories: HeldCategories, lines: SourceLines, options: AttachRate
) -> pa.Table:
    """Return a row for each of some sources, its best categories and the source's months."""
    pairs = attached_counts(categories, lines, options.min_attached_count)
    totals = np.diff(lines.starts)[pairs.sources]
    shares = categories.order_counts.sum(axis=1)[pairs.categories] / max(1, len(orders))
    lift_low = wilson(pairs.counts, totals)[0] / shares
    kept, ranks = _ranked(pairs, lift_low, options.max_categories)
    best = Attached(pairs.sources[kept], pairs.categories[kept], pairs.counts[kept])
    order_counts = _order_counts(orders, lines)[best.sources]
    of_pairs, months = np.nonzero(order_counts)
    rows = _month_rows(
        order_counts[of_pairs, months],
        month_counts(orders, categories, lines, best)[of_pairs, months],
        categories.order_counts[best.categories[of_pairs], months],
        np.bincount(orders.months)[months],
    )
    names = categories.groups.names
    return pa.table(
        {
            "source_code": lines.sources[best.sources[of_pairs]],
            "category": names.take(pa.array(best.categories[of_pairs])),
            "month": pa.array(orders.month_names, pa.string()).take(pa.array(months)),
            **rows,
            "category_rank": ranks[of_pairs],
            "total_order_count": totals[kept][of_pairs],
            "total_attached_count": best.counts[of_pairs],
            "lift_low": lift_low[kept][of_pairs],
        }
    )


def _order_counts(orders: Orders, lines: SourceLines) -> Int64s:
    """Count the orders of sources by month: a row a source, a column a month."""
    count, month_count = len(lines.sources), len(orders.month_names)
    places = np.repeat(np.arange(count) * month_count, np.diff(lines.starts))
    found = np.bincount(places + orders.months[lines.orders], minlength=count * month_count)
    return found.reshape(count, month_count)


def _month_rows(
    order_counts: Int64s, both_counts: Int64s, held_counts: Int64s, all_counts: Int64s
) -> dict[str, Int64s | Floats]:
    """Return the columns of one month from counts of orders: of the source, and of all orders."""
    low, high = wilson(both_counts, order_counts)
    return {
        "order_count": order_counts,
        "attached_count": both_counts,
        "attach_rate_low": low,
        "attach_rate_high": high,
        "baseline_share": held_counts / all_counts,
    }


def _ranked(pairs: Attached, lift_low: Floats, max_categories: int) -> tuple[Int64s, Int64s]:
    """Return the best categories of each source, source by source, and their ranks."""
    near = np.flatnonzero(lift_low >= _least_of_best(pairs, lift_low, max_categories))
    sources, counts = pairs.sources[near], pairs.counts[near]
    order = np.lexsort((pairs.categories[near], -counts, -lift_low[near], sources))
    ranks = np.arange(len(order)) - np.searchsorted(sources, sources) + 1
    is_best = ranks <= max_categories
    return near[order[is_best]], ranks[is_best]


def _least_of_best(pairs: Attached, scores: Floats, most: int) -> Floats:
    """Return for each pair the last of the best scores of its source, -1 where there are fewer."""
    begins = np.searchsorted(pairs.sources, pairs.sources)
    places = np.arange(len(scores)) - begins
    sizes = int(pairs.sources.max(initial=-1)) + 1, max(most, int(places.max(initial=-1)) + 1)
    table = np.full(sizes, -1.0)  # below any score
    table[pairs.sources, places] = scores
    least: Floats = np.partition(table, -most, axis=1)[:, -most][pairs.sources]
    return least
