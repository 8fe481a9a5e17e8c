"""Baskets as two flat arrays: which items each basket holds, each item once."""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from pipeline.config.mining_options import Mining
from pipeline.engine import Engine
from pipeline.mining.keys import (
    counted_items,
    drop_repeats,
    is_first,
    packed,
    read_keys,
    split,
    unpacked,
    width_of,
)
from pipeline.mining.steps import build, sql_of
from pipeline.mining.window import Window

Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

_PIECE = 1 << 20
"""Lines that are renumbered together: all at once would need several numbers for each line."""
_LINES = "select basket_code as owner_code, item_code from rule_baskets"


@dataclass(frozen=True)
class Baskets:
    """Baskets in compressed rows: basket `b` is `item_codes[offsets[b]:offsets[b + 1]]`.

    Attributes:
        item_codes: Items of all baskets, ascending and distinct inside a basket.
        basket_offsets: Start of each basket, and the end of the last: one more than baskets.
        giant_basket_count: Baskets that were left out because they hold too many items.
        customers: Known customer of each basket, -1 where there is none; None where nobody asked.
        has_mixed_customers: Whether some basket has lines of several customers, or of one and of
            nobody known.
    """

    item_codes: Int32s
    basket_offsets: Int64s
    giant_basket_count: int = 0
    customers: Int64s | None = None
    has_mixed_customers: bool = False

    @property
    def basket_count(self) -> int:
        """Number of baskets, those with a single item or none included: the N of measures."""
        return len(self.basket_offsets) - 1

    @property
    def sizes(self) -> Int64s:
        """Number of distinct items of each basket."""
        return np.diff(self.basket_offsets)

    @property
    def item_counts(self) -> Int64s:
        """Number of baskets that hold each item, by item code."""
        return counted_items(self.item_codes, int(self.item_codes.max(initial=-1)) + 1)


def read_baskets(engine: Engine, config: Mining, window: Window) -> Baskets:
    """Read the baskets of the sale lines inside the window.

    Args:
        engine: Holds `sale_lines`.
        config: Its grain says what a basket is; anonymous lines belong to no customer's basket.
        window: Half-open lookback window.
    """
    rows = build(engine, "rule_baskets", {"grain": config.grain, **window.values})
    customers, has_mixed = _customers(engine, rows)
    width = width_of(engine, "rule_baskets")
    # A name for the keys here would keep them until the baskets stand.
    baskets = gather_keys(_read_all(engine, rows, width), width, config.max_basket_items, customers)
    return replace(baskets, has_mixed_customers=has_mixed)


def _read_all(engine: Engine, rows: int, width: int) -> Int64s:
    keys = read_keys(engine, _LINES, most=rows, width=width)
    engine.drop("rule_baskets")
    return keys


def _customers(engine: Engine, rows: int) -> tuple[Int64s, bool]:
    """Return the customer of each of `rule_baskets`, in order, and whether some have several.

    It is -1 where none is known. An order that names several customers counts for the one with the
    largest code.
    """
    width = width_of(engine, "rule_baskets", "customer_code") + 1
    keys = read_keys(engine, sql_of("basket_customers"), most=rows, width=width)
    keys.sort()
    numbers, codes = split(drop_repeats(keys), width)
    is_last = np.append(is_first(numbers)[1:], np.ones(min(1, len(codes)), np.bool_))
    return codes[is_last] - 1, not bool(is_last.all())


def gather_baskets(
    basket_codes: Int64s,
    item_codes: Int32s,
    max_basket_items: int,
    customers: Int64s | None = None,
) -> Baskets:
    """Put lines together to baskets; an item counts once per basket.

    One sort of packed keys: measured faster than `distinct` in SQL.

    Args:
        basket_codes: Basket of each line, in any order, not negative.
        item_codes: Item of each line, not negative.
        max_basket_items: Baskets with more distinct items are left out and counted.
        customers: Known customer of each basket, in order of the basket codes; -1 for none.
    """
    width = int(item_codes.max(initial=0)) + 1
    return gather_keys(packed(basket_codes, item_codes, width), width, max_basket_items, customers)


def gather_keys(
    keys: Int64s, width: int, max_basket_items: int, customers: Int64s | None = None
) -> Baskets:
    """Put the keys of lines together to baskets; they are sorted in place, and used up.

    Args:
        keys: As `packed` makes them of a basket and an item.
        width: The same.
        max_basket_items: As in `gather_baskets`, as are the customers.
        customers: ...
    """
    keys.sort()
    items, starts = unpacked(drop_repeats(keys), width)
    del keys
    baskets = Baskets(items, np.append(starts, len(items)), customers=customers)
    return without_giants(baskets, max_basket_items)


def without_giants(baskets: Baskets, max_basket_items: int) -> Baskets:
    """Return the baskets of at most so many items; the others are counted."""
    sizes = baskets.sizes
    is_kept = sizes <= max_basket_items
    if is_kept.all():
        return baskets
    return replace(
        baskets,
        item_codes=baskets.item_codes[np.repeat(is_kept, sizes)],
        basket_offsets=to_offsets(sizes[is_kept]),
        giant_basket_count=int((~is_kept).sum()),
        customers=None if baskets.customers is None else baskets.customers[is_kept],
    )


def keep_frequent_items(baskets: Baskets, min_count: int) -> tuple[Baskets, Int32s]:
    """Leave out items below the minimum count; baskets stay, even if nothing is left of them.

    Returns:
        The baskets with new item codes, 0 for the most frequent item (ties by old code), and
        the old code of each new one.
    """
    counts = baskets.item_counts
    frequent = np.flatnonzero(counts >= min_count)
    frequent = frequent[np.argsort(-counts[frequent], kind="stable")]
    new_codes = np.full(len(counts), -1, dtype=np.int64)
    new_codes[frequent] = np.arange(len(frequent))
    starts = np.searchsorted(baskets.basket_offsets, range(0, len(baskets.item_codes), _PIECE))
    bounds = [*np.unique(starts[1:]), baskets.basket_count]
    pieces = [_renumbered(baskets, new_codes, *span) for span in pairwise([0, *bounds])]
    items, sizes = (np.concatenate(parts) for parts in zip(*pieces, strict=True))
    return Baskets(items, to_offsets(sizes)), frequent.astype(np.int32)


def _renumbered(baskets: Baskets, new_codes: Int64s, begin: int, end: int) -> tuple[Int32s, Int64s]:
    """Return the new codes of the items of some baskets, and the sizes of these."""
    offsets = baskets.basket_offsets
    items = new_codes[baskets.item_codes[offsets[begin] : offsets[end]]]
    rows = np.repeat(np.arange(end - begin), np.diff(offsets[begin : end + 1]))
    rows, items = rows[items >= 0], items[items >= 0]
    return sort_rows(rows, items), np.bincount(rows, minlength=end - begin)


def sort_rows(rows: Int64s, items: Int64s) -> Int32s:
    """Return the items sorted inside each row; `rows` ascends and names the row of each item."""
    width = int(items.max(initial=0)) + 1
    keys = rows * width + items
    keys.sort()
    return (keys % width).astype(np.int32)


def to_offsets(sizes: Int64s) -> Int64s:
    """Return where each row starts, and the end of the last one, from the sizes of the rows."""
    offsets = np.zeros(len(sizes) + 1, dtype=np.int64)
    np.cumsum(sizes, out=offsets[1:])
    return offsets


def order_of(codes: Int32s) -> Int64s:
    """Return the places of codes from the smallest to the largest, equal ones in their order.

    A stable argsort, ten times as fast: numpy sorts plain numbers by vector instructions.

    Args:
        codes: Not negative; fewer than 2 to the 31 of them.
    """
    keys = codes.astype(np.int64) << 32
    keys |= np.arange(len(codes))
    keys.sort()
    keys &= (1 << 32) - 1
    return keys


def distinct(values: Int64s) -> Int64s:
    """Return the distinct values, ascending; the values may be sorted in their place.

    Several times as fast as numpy's own, which finds them by a hash table.
    """
    values.sort()
    return values[is_first(values)]
