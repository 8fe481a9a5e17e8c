"""How often an order with an item also holds something of a category, month by month."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.config.family_options import AttachRate
from pipeline.engine import Engine, Value
from pipeline.mining.baskets import Bools, Floats, Int64s, is_first
from pipeline.mining.columns import read_columns
from pipeline.mining.interests import LEVELS
from pipeline.mining.proportions import wilson
from pipeline.mining.steps import build
from pipeline.mining.window import Window

ITEMS_PER_SLICE = 1024
"""Items whose categories are counted at once, which bounds memory."""

_LINES = "select order_code, item_code, ordered_day from attach_lines"
_CATEGORIES = "select item_code, category from items order by item_code asc nulls last"


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
class _Orders:
    """Orders as lines of distinct items, by order.

    Attributes:
        rows: Number of each line's order, from 0 on.
        items: Item code of each line.
        months: Number of each order's month, from 0 on.
        month_names: Name of each month, such as 2011-11.
        giant_count: Orders left out because they hold too many items.
    """

    rows: Int64s
    items: Int64s
    months: Int64s
    month_names: list[str]
    giant_count: int


@dataclass(frozen=True)
class _Categories:
    """Categories by number, in the order of their names, and which orders hold them.

    Attributes:
        names: Name of each category.
        of_items: Category of each item code, -1 where it has none.
        held: A scipy CSR array of orders by category and month, 1 where the order holds the
            category; the column of category c and month m is c times the months, plus m.
        order_counts: Orders that hold each category, a row a category and a column a month.
        has_others: Whether the order of a line holds another item of the item's own category.
    """

    names: pa.Array
    of_items: Int64s
    held: Any
    order_counts: Int64s
    has_others: Bools


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
    orders = _read_orders(engine, window, options.max_basket_items)
    categories = _held(orders, *_read_categories(engine, options.category_depth))
    sources = np.flatnonzero(np.bincount(orders.items) >= options.min_order_count)
    slices = [
        _attached(orders, categories, sources[at : at + ITEMS_PER_SLICE], options)
        for at in range(0, max(1, len(sources)), ITEMS_PER_SLICE)
    ]
    engine.load("attached_categories", pa.concat_tables(best for best, _ in slices))
    engine.load("attached_months", pa.concat_tables(months for _, months in slices))
    values: dict[str, Value] = {"item_level": item_level, **window.values}
    row_count = build(engine, "attach_rate", values)
    engine.drop("attached_categories", "attached_months")
    return AttachRateSummary(
        basket_count=len(orders.months),
        giant_basket_count=orders.giant_count,
        source_item_count=len(sources),
        category_count=len(categories.names),
        row_count=row_count,
    )


def _read_orders(engine: Engine, window: Window, max_basket_items: int) -> _Orders:
    build(engine, "attach_lines", window.values)
    kinds = {"order_code": "int64", "item_code": "int64", "ordered_day": "int64"}
    codes, items, days = read_columns(engine, _LINES, kinds)
    engine.drop("attach_lines")
    order_codes, of_lines = np.unique(codes, return_inverse=True)
    order_days = np.zeros(len(order_codes), np.int64)
    order_days[of_lines] = days  # all lines of an order have one day
    width = int(items.max(initial=0)) + 1
    keys = of_lines * width + items
    keys.sort()  # far quicker than to find the distinct ones by a hash table
    rows, items_of_rows = np.divmod(keys[is_first(keys)], width)
    is_kept = np.bincount(rows, minlength=len(order_codes)) <= max_basket_items
    kept = is_kept[rows]
    months = order_days[is_kept].astype("datetime64[D]").astype("datetime64[M]")
    distinct, numbers = np.unique(months, return_inverse=True)
    return _Orders(
        rows=(np.cumsum(is_kept) - 1)[rows[kept]],
        items=items_of_rows[kept],
        months=numbers,
        month_names=[str(month) for month in distinct],
        giant_count=int((~is_kept).sum()),
    )


def _read_categories(engine: Engine, depth: int) -> tuple[pa.Array, Int64s]:
    """Return the names of the categories, ascending, and the number of each item code's."""
    batches = list(engine.batches(_CATEGORIES))
    column = pa.chunked_array([batch["category"] for batch in batches], pa.string())
    paths = column.combine_chunks().dictionary_encode()
    widest = [LEVELS.join(path.split(LEVELS)[:depth]) for path in paths.dictionary.to_pylist()]
    names = sorted(set(widest))
    numbers = {name: number for number, name in enumerate(names)}
    of_paths = np.array([*(numbers[name] for name in widest), -1])
    of_items = of_paths[pc.fill_null(paths.indices, len(widest)).to_numpy(zero_copy_only=False)]
    return pa.array(names, pa.string()), of_items


def _held(orders: _Orders, names: pa.Array, of_items: Int64s) -> _Categories:
    """Find which orders hold which categories."""
    from scipy.sparse import csr_array

    width, month_count = len(names), len(orders.month_names)
    of_lines = of_items[orders.items]
    is_known = of_lines >= 0
    keys = orders.rows[is_known] * width + of_lines[is_known]
    distinct, places, counts = np.unique(keys, return_inverse=True, return_counts=True)
    rows, categories = np.divmod(distinct, max(1, width))
    columns = categories * month_count + orders.months[rows]
    has_others = np.zeros(len(orders.rows), np.bool_)
    has_others[is_known] = counts[places] > 1
    shape = (len(orders.months), width * month_count)
    held = csr_array((np.ones(len(rows), np.int32), (rows, columns)), shape=shape)
    totals = np.bincount(columns, minlength=width * month_count)
    return _Categories(names, of_items, held, totals.reshape(width, month_count), has_others)


def _attached(
    orders: _Orders, categories: _Categories, sources: Int64s, options: AttachRate
) -> tuple[pa.Table, pa.Table]:
    """Return the best categories of some source items, and a row for each of their months."""
    month_count = len(orders.month_names)
    places = np.full(len(categories.of_items), -1)
    places[sources] = np.arange(len(sources))
    is_source = places[orders.items] >= 0
    lines, items = orders.rows[is_source], places[orders.items[is_source]]
    order_counts = np.bincount(
        items * month_count + orders.months[lines], minlength=len(sources) * month_count
    ).reshape(len(sources), month_count)
    keys, counts = _attached_counts(orders, categories, sources, (lines, items, is_source))
    of_keys = keys // max(1, month_count)
    all_totals = np.bincount(of_keys, weights=counts, minlength=1).astype(np.int64)
    pairs = np.flatnonzero(all_totals)
    totals = all_totals[pairs]
    of_source, category = np.divmod(pairs, max(1, len(categories.names)))
    source_totals = order_counts.sum(axis=1)[of_source]
    shares = categories.order_counts.sum(axis=1)[category] / max(1, len(orders.months))
    lift_low = wilson(totals, source_totals)[0] / shares
    kept, ranks = _ranked(of_source, category, (totals, lift_low), options)
    best = pa.table(
        {
            "source_code": sources[of_source[kept]],
            "category": categories.names.take(pa.array(category[kept])),
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
    labels: tuple[_Orders, _Categories, Int64s],
) -> pa.Table:
    """Return a row for each wanted source, category and month with an order of the source."""
    orders, categories, sources = labels
    month_count = max(1, len(orders.month_names))
    pairs, month = np.divmod(wanted, month_count)
    of_source, category = np.divmod(pairs, max(1, len(categories.names)))
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
            "category": categories.names.take(pa.array(category[rows])),
            "month": pa.array(orders.month_names, pa.string()).take(pa.array(month[rows])),
            "order_count": n[rows],
            "attached_count": found[rows],
            "attach_rate_low": low,
            "attach_rate_high": high,
            "baseline_share": held / totals[month[rows]],
        }
    )


def _attached_counts(
    orders: _Orders,
    categories: _Categories,
    sources: Int64s,
    lines: tuple[Int64s, Int64s, Bools],
) -> tuple[Int64s, Int64s]:
    """Count the orders of source items that hold another item of each category, by month.

    Returns:
        Number of source item, category and month in one key, and the orders.
    """
    from scipy.sparse import csr_array

    rows, items, is_source = lines
    month_count, width = len(orders.month_names), categories.held.shape[1]
    shape = (len(orders.months), len(sources))
    bought = csr_array((np.ones(len(rows), np.int32), (rows, items)), shape=shape)
    product = (bought.T @ categories.held).tocoo()
    own = categories.of_items[sources]
    is_other = product.col // max(1, month_count) != own[product.row]
    has_others = categories.has_others[is_source]
    own_rows, own_items = rows[has_others], items[has_others]
    own_keys = own_items * width + own[own_items] * month_count + orders.months[own_rows]
    own_keys, own_counts = np.unique(own_keys, return_counts=True)
    keys = product.row[is_other].astype(np.int64) * width + product.col[is_other]
    return (
        np.concatenate([keys, own_keys]),
        np.concatenate([product.data[is_other], own_counts]),
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
