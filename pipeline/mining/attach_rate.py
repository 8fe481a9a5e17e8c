"""How often an order with an item also holds something of a category, month by month."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from pipeline.config.family_options import AttachRate
from pipeline.engine import Engine, Value
from pipeline.mining.attach_counts import (
    HeldCategories,
    Orders,
    SourceLines,
    attached_counts,
    held_categories,
    lines_of,
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
    engine.load("attached_categories", pa.concat_tables(best for best, _ in slices))
    engine.load("attached_months", pa.concat_tables(months for _, months in slices))
    values: dict[str, Value] = {"item_level": item_level, **window.values}
    row_count = build(engine, "attach_rate", values)
    engine.drop("attached_categories", "attached_months")
    return AttachRateSummary(
        basket_count=len(orders.months),
        giant_basket_count=orders.giant_count,
        source_item_count=len(lines.sources),
        category_count=len(categories.groups.names),
        row_count=row_count,
    )


def _attached(
    orders: Orders, categories: HeldCategories, lines: SourceLines, options: AttachRate
) -> tuple[pa.Table, pa.Table]:
    """Return the best categories of some source items, and a row for each of their months."""
    sources, month_count = lines.sources, len(orders.month_names)
    of_months = lines.places * month_count + orders.months[lines.rows]
    order_counts = np.bincount(of_months, minlength=len(sources) * month_count)
    order_counts = order_counts.reshape(len(sources), month_count)
    keys, counts = attached_counts(orders, categories, lines)
    of_keys = keys // max(1, month_count)
    all_totals = np.bincount(of_keys, weights=counts, minlength=1).astype(np.int64)
    pairs = np.flatnonzero(all_totals)
    totals = all_totals[pairs]
    of_source, category = np.divmod(pairs, max(1, len(categories.groups.names)))
    source_totals = order_counts.sum(axis=1)[of_source]
    shares = categories.order_counts.sum(axis=1)[category] / max(1, len(orders.months))
    lift_low = wilson(totals, source_totals)[0] / shares
    kept, ranks = _ranked(of_source, category, (totals, lift_low), options)
    best = pa.table(
        {
            "source_code": sources[of_source[kept]],
            "category": categories.groups.names.take(pa.array(category[kept])),
            "category_rank": ranks,
            "total_order_count": source_totals[kept],
            "total_attached_count": totals[kept],
            "lift_low": lift_low[kept],
        }
    )
    is_best = np.zeros(len(all_totals), np.bool_)
    is_best[pairs[kept]] = True
    keys, counts = keys[is_best[of_keys]], counts[is_best[of_keys]]
    kept_pairs = np.repeat(pairs[kept], month_count) * month_count
    wanted = kept_pairs + np.tile(np.arange(month_count), len(kept))
    months = _month_rows(wanted, (keys, counts), order_counts, (orders, categories, sources))
    return best, months


def _month_rows(
    wanted: Int64s,
    attached: tuple[Int64s, Int64s],
    order_counts: Int64s,
    labels: tuple[Orders, HeldCategories, Int64s],
) -> pa.Table:
    """Return a row for each wanted source, category and month with an order of the source."""
    orders, categories, sources = labels
    month_count = max(1, len(orders.month_names))
    pairs, month = np.divmod(wanted, month_count)
    of_source, category = np.divmod(pairs, max(1, len(categories.groups.names)))
    order = np.argsort(attached[0])
    keys, counts = np.append(attached[0][order], -1), np.append(attached[1][order], 0)
    at = np.searchsorted(keys[:-1], wanted)
    found = np.where(keys[at] == wanted, counts[at], 0)
    n = order_counts[of_source, month]
    rows = np.flatnonzero(n > 0)
    low, high = wilson(found[rows], n[rows])
    totals = np.bincount(orders.months, minlength=month_count)
    held = categories.order_counts[category[rows], month[rows]]
    return pa.table(
        {
            "source_code": sources[of_source[rows]],
            "category": categories.groups.names.take(pa.array(category[rows])),
            "month": pa.array(orders.month_names, pa.string()).take(pa.array(month[rows])),
            "order_count": n[rows],
            "attached_count": found[rows],
            "attach_rate_low": low,
            "attach_rate_high": high,
            "baseline_share": held / totals[month[rows]],
        }
    )


def _ranked(
    of_source: Int64s, category: Int64s, scores: tuple[Int64s, Floats], options: AttachRate
) -> tuple[Int64s, Int64s]:
    """Return the rows of the best categories of each source, and their ranks."""
    totals, lift_low = scores
    enough = np.flatnonzero(totals >= options.min_attached_count)
    order = enough[
        np.lexsort((category[enough], -totals[enough], -lift_low[enough], of_source[enough]))
    ]
    firsts = np.searchsorted(of_source[order], of_source[order])
    ranks = np.arange(len(order)) - firsts + 1
    is_best = ranks <= options.max_categories
    return order[is_best], ranks[is_best]
