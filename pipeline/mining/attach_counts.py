"""Counts behind `attach_rate`: orders as arrays, the categories they hold, and both together."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.engine import Engine
from pipeline.mining.baskets import Bools, Int64s, order_of
from pipeline.mining.columns import read_columns
from pipeline.mining.item_groups import ItemGroups
from pipeline.mining.keys import is_first
from pipeline.mining.steps import build
from pipeline.mining.window import Window

_LINES = "select order_code, item_code, ordered_day from attach_lines"


@dataclass(frozen=True)
class Orders:
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
class HeldCategories:
    """Which orders hold which categories.

    Attributes:
        groups: The categories and their items.
        held: A scipy CSR array of orders by category and month, 1 where the order holds the
            category; the column of category c and month m is c times the months, plus m.
        order_counts: Orders that hold each category, a row a category and a column a month.
        has_others: Whether the order of a line holds another item of the item's own category.
    """

    groups: ItemGroups
    held: Any
    order_counts: Int64s
    has_others: Bools


@dataclass(frozen=True)
class SourceLines:
    """Lines of source items, source by source.

    Attributes:
        sources: Item code of each source.
        rows: Number of each line's order.
        places: Number of each line's source, from 0 on.
        has_others: Whether the order holds another item of the source's own category.
    """

    sources: Int64s
    rows: Int64s
    places: Int64s
    has_others: Bools

    def part(self, begin: int, end: int) -> "SourceLines":
        """Return the lines of some sources, which are numbered from 0 again."""
        first, last = np.searchsorted(self.places, [begin, end])
        lines = slice(first, last)
        places = self.places[lines] - begin
        return SourceLines(
            self.sources[begin:end], self.rows[lines], places, self.has_others[lines]
        )


def read_orders(engine: Engine, window: Window, max_basket_items: int) -> Orders:
    """Return the orders of a window as lines of distinct items; giant orders are left out."""
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
    return Orders(
        rows=(np.cumsum(is_kept) - 1)[rows[kept]],
        items=items_of_rows[kept],
        months=numbers,
        month_names=[str(month) for month in distinct],
        giant_count=int((~is_kept).sum()),
    )


def held_categories(orders: Orders, groups: ItemGroups) -> HeldCategories:
    """Find which orders hold which categories."""
    from scipy.sparse import csr_array

    width, month_count = len(groups.names), len(orders.month_names)
    of_lines = groups.of_items[orders.items]
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
    return HeldCategories(groups, held, totals.reshape(width, month_count), has_others)


def lines_of(orders: Orders, categories: HeldCategories, min_count: int) -> SourceLines:
    """Return the lines of the items that are in enough orders."""
    counts = np.bincount(orders.items)
    is_source = counts >= min_count
    order = order_of((np.cumsum(is_source) - 1)[orders.items[is_source[orders.items]]])
    lines = np.flatnonzero(is_source[orders.items])[order]
    sources = np.flatnonzero(is_source)
    places = np.repeat(np.arange(len(sources)), counts[sources])
    return SourceLines(sources, orders.rows[lines], places, categories.has_others[lines])


def attached_counts(
    orders: Orders, categories: HeldCategories, lines: SourceLines
) -> tuple[Int64s, Int64s]:
    """Count the orders of source items that hold another item of each category, by month.

    Returns:
        Number of source item, category and month in one key, and the orders.
    """
    from scipy.sparse import csr_array

    month_count, width = len(orders.month_names), categories.held.shape[1]
    shape = (len(lines.sources), len(orders.months))
    ones = np.ones(len(lines.rows), np.int32)
    product = (csr_array((ones, (lines.places, lines.rows)), shape=shape) @ categories.held).tocoo()
    own = categories.groups.of_items[lines.sources]
    is_other = product.col // max(1, month_count) != own[product.row]
    own_rows, own_places = lines.rows[lines.has_others], lines.places[lines.has_others]
    own_keys = own_places * width + own[own_places] * month_count + orders.months[own_rows]
    own_keys, own_counts = np.unique(own_keys, return_counts=True)
    keys = product.row[is_other].astype(np.int64) * width + product.col[is_other]
    return (
        np.concatenate([keys, own_keys]),
        np.concatenate([product.data[is_other], own_counts]),
    )
