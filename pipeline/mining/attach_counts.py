"""Counts behind `attach_rate`: orders as arrays, the categories they hold, and both together."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from pipeline.engine import Engine
from pipeline.mining.baskets import Bools, Int32s, Int64s, order_of, to_offsets
from pipeline.mining.columns import read_columns
from pipeline.mining.item_groups import ItemGroups, id_places
from pipeline.mining.keys import is_first, packed
from pipeline.mining.steps import build
from pipeline.mining.window import Window

_LINES = "select order_code, item_code, ordered_day from attach_lines"


@dataclass(frozen=True)
class Orders:
    """Orders as lines of distinct items, by order.

    Attributes:
        starts: Start of each order's lines, and the end of the last.
        items: Item code of each line.
        months: Number of each order's month, from 0 on.
        month_names: Name of each month, such as 2011-11.
        giant_count: Orders left out because they hold too many items.
    """

    starts: Int64s
    items: Int32s
    months: Int32s
    month_names: list[str]
    giant_count: int

    def __len__(self) -> int:
        """Return the number of orders."""
        return len(self.months)


@dataclass(frozen=True)
class HeldCategories:
    """Which orders hold which categories.

    Attributes:
        groups: The categories and their items.
        held: Categories that orders hold, each once an order, order by order.
        begins: Start of each order's categories, and the end of the last.
        order_counts: Orders that hold each category, a row a category and a column a month.
        has_others: Whether the order of a line holds another item of the item's own category.
    """

    groups: ItemGroups
    held: Int32s
    begins: Int64s
    order_counts: Int64s
    has_others: Bools

    @property
    def count(self) -> int:
        """Number of categories."""
        return len(self.groups.names)


@dataclass(frozen=True)
class SourceLines:
    """Lines of source items, source by source.

    Attributes:
        sources: Item code of each source; they stand in the order of their ids.
        starts: Start of each source's lines, and the end of the last.
        orders: Number of each line's order.
        has_others: Whether the order holds another item of the source's own category.
    """

    sources: Int64s
    starts: Int64s
    orders: Int32s
    has_others: Bools

    def part(self, begin: int, end: int) -> "SourceLines":
        """Return the lines of some sources, which are numbered from 0 again."""
        starts = self.starts[begin : end + 1]
        lines = slice(starts[0], starts[-1])
        sources, orders = self.sources[begin:end], self.orders[lines]
        return SourceLines(sources, starts - starts[0], orders, self.has_others[lines])


@dataclass(frozen=True)
class Attached:
    """Pairs of a source and a category by number, by source: orders of the source with both."""

    sources: Int32s
    categories: Int32s
    counts: Int64s


def read_orders(engine: Engine, window: Window, max_basket_items: int) -> Orders:
    """Return the orders of a window as lines of distinct items; giant orders are left out."""
    build(engine, "attach_lines", window.values)
    kinds = {"order_code": "int64", "item_code": "int32", "ordered_day": "int64"}
    codes, items, days = read_columns(engine, _LINES, kinds)
    engine.drop("attach_lines")
    width, first_day = int(items.max(initial=0)) + 1, int(days.min()) if len(days) else 0
    day_count = int(days.max()) - first_day + 1 if len(days) else 1
    # All lines of an order have one day, so that one sort finds distinct items and keeps the day.
    keys = packed(codes, (days - first_day) * width + items, day_count * width)
    keys.sort()
    rest, items = np.divmod(keys[is_first(keys)], width)
    begins = np.flatnonzero(is_first(rest))
    sizes = np.diff(np.append(begins, len(rest)))
    is_kept = sizes <= max_basket_items
    order_days = rest[begins[is_kept]] % day_count + first_day
    names, numbers = np.unique(
        order_days.astype("datetime64[D]").astype("datetime64[M]"), return_inverse=True
    )
    return Orders(
        starts=to_offsets(sizes[is_kept]),
        items=items[np.repeat(is_kept, sizes)].astype(np.int32),
        months=numbers.astype(np.int32),
        month_names=[str(name) for name in names],
        giant_count=int((~is_kept).sum()),
    )


def held_categories(orders: Orders, groups: ItemGroups) -> HeldCategories:
    """Find which orders hold which categories."""
    from pipeline.mining.kernels.attached import hold_categories

    width, month_count = len(groups.names), len(orders.month_names)
    of_lines = groups.of_items.astype(np.int32)[orders.items]
    held, begins, has_others = hold_categories(orders.starts, of_lines, width)
    months = np.repeat(orders.months, np.diff(begins))
    totals = np.bincount(held * np.int64(month_count) + months, minlength=width * month_count)
    return HeldCategories(groups, held, begins, totals.reshape(width, month_count), has_others)


def lines_of(
    orders: Orders, categories: HeldCategories, min_count: int, item_ids: pa.Array
) -> SourceLines:
    """Return the lines of the items that are in enough orders, in the order of their ids."""
    counts = np.bincount(orders.items)
    sources = np.flatnonzero(counts >= min_count)
    sources = sources[np.argsort(id_places(item_ids.take(pa.array(sources))))]
    numbers = np.full(len(counts), -1, np.int32)
    numbers[sources] = np.arange(len(sources))
    numbers = numbers[orders.items]
    lines = np.flatnonzero(numbers >= 0)
    lines = lines[order_of(numbers[lines])]
    rows = np.repeat(np.arange(len(orders), dtype=np.int32), np.diff(orders.starts))
    starts = to_offsets(counts[sources])
    return SourceLines(sources, starts, rows[lines], categories.has_others[lines])


def attached_counts(categories: HeldCategories, lines: SourceLines, min_count: int) -> Attached:
    """Count the orders of sources that hold another item of each category, where enough do."""
    from pipeline.mining.kernels.attached import count_attached

    sources, held, counts = count_attached(
        *_walked(categories, lines), categories.count, max(1, min_count)
    )
    return Attached(sources, held, counts.astype(np.int64))


def month_counts(
    orders: Orders, categories: HeldCategories, lines: SourceLines, pairs: Attached
) -> Int64s:
    """Count the orders of pairs by month: a row a pair, a column a month."""
    from pipeline.mining.kernels.attached import count_months

    starts = np.searchsorted(pairs.sources, np.arange(len(lines.sources) + 1))
    widths = categories.count, len(orders.month_names)
    counts = count_months(
        *_walked(categories, lines), starts, pairs.categories, orders.months, widths
    )
    return counts.astype(np.int64)


def _walked(
    categories: HeldCategories, lines: SourceLines
) -> tuple[Int64s, Int32s, Bools, Int32s, Int64s, Int32s]:
    """Return the arrays that the kernels walk along."""
    own = categories.groups.of_items[lines.sources].astype(np.int32)
    of_orders = categories.begins, categories.held
    return lines.starts, lines.orders, lines.has_others, own, *of_orders
