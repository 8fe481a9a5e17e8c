"""Which part of each context an order belongs to: weekend, hour band, segment, store ..."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.config.context_options import Context
from pipeline.engine import Engine
from pipeline.mining.baskets import Int64s
from pipeline.mining.steps import build

ATTRIBUTES = "order_attributes"
"""Table of one row per order, with a column `attribute_<n>` for each of `orders.attributes`."""
UNKNOWN = -1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Since 1972 the clocks of every zone differ from UTC by whole quarters of an hour.
_QUARTER = 900_000_000
_QUARTERS_OF_AN_HOUR = 4
_QUARTERS_OF_A_DAY = 96
_WEEK = 7
_MONDAY_TO_FRIDAY = 5
_DAYS_FROM_MONDAY = 3  # 1970-01-01 was a Thursday


@dataclass(frozen=True)
class Parts:
    """One context: the part of it that each order belongs to.

    Attributes:
        name: Name of the context.
        values: The parts that are told apart, by code.
        codes: Code of each order's part, by place of the order; one more than the last code for
            parts that are not told apart, `UNKNOWN` where nothing is known.
    """

    name: str
    values: tuple[str, ...]
    codes: Int64s

    @property
    def width(self) -> int:
        """Number of codes, that of parts not told apart included."""
        return len(self.values) + 1


@dataclass(frozen=True)
class OrderTable:
    """The orders of the window as arrays, by place.

    Attributes:
        order_codes: Of each order its own.
        customer_codes: Ascending, then `UNKNOWN` for anonymous orders.
        instants: Microseconds since 1970-01-01 UTC.
        days: Local days since 1970-01-01.
    """

    order_codes: Int64s
    customer_codes: Int64s
    instants: Int64s
    days: Int64s

    def __len__(self) -> int:
        """Return the number of orders."""
        return len(self.order_codes)


@dataclass(frozen=True)
class _KnownOrders:
    """What is known of orders: a row for each, its place among all orders, and their number."""

    rows: pa.Table
    places: Int64s
    order_count: int

    def values(self, column: str) -> pa.Array:
        """Return an attribute of every order, NULL where it is not known."""
        return _placed(self.places, self.rows[column], self.order_count)


def read_orders(engine: Engine) -> OrderTable:
    """Read `context_orders` in the order of its places."""
    rows = engine.fetch("context_orders").sort_by("place")
    customers = pc.fill_null(rows["customer_code"], UNKNOWN)
    columns = (rows["order_code"], customers, rows["ordered_at"], rows["ordered_day"])
    return OrderTable(*(column.to_numpy().astype(np.int64) for column in columns))


def read_contexts(
    engine: Engine, orders: OrderTable, options: Context, *, attributes: Sequence[str], zone: str
) -> list[Parts]:
    """Return the configured contexts.

    Args:
        engine: Holds `context_orders`; `rfm_segments` and `customers` for the context `segment`,
            `order_attributes` for attributes.
        orders: The orders.
        options: Which contexts, and how they are cut.
        attributes: Names of the columns of `order_attributes`.
        zone: Time zone of the clock that decides hours.
    """
    found, known_orders = [], None
    for name in options.by:
        if name == "weekend":
            values = pa.array(["weekday", "weekend"]).take(pa.array(is_weekend(orders.days)))
        elif name == "hour":
            values = hour_bands(local_hours(orders.instants, zone), options.hour_bands)
        elif name == "segment":
            values = _segments(engine, len(orders))
        else:
            known_orders = known_orders or _known_orders(engine, orders)
            values = known_orders.values(f"attribute_{list(attributes).index(name)}")
        found.append(_coded(name, values, options.max_values))
    return found


def is_weekend(days: Int64s) -> Int64s:
    """Return 1 for Saturdays and Sundays, else 0.

    Args:
        days: Local days since 1970-01-01.

    Example:
        1970-01-01 was a Thursday.

        >>> is_weekend(np.arange(-1, 6)).tolist()
        [0, 0, 0, 1, 1, 0, 0]
    """
    return ((days + _DAYS_FROM_MONDAY) % _WEEK >= _MONDAY_TO_FRIDAY).astype(np.int64)


def local_hours(instants: Int64s, zone: str) -> Int64s:
    """Return the hour of each instant on the clocks of a zone.

    Args:
        instants: Microseconds since 1970-01-01 UTC.
        zone: Name of a time zone.

    Example:
        >>> local_hours(np.array([0, 1_800_000_000]), "Asia/Kolkata").tolist()
        [5, 6]
    """
    quarters = instants // _QUARTER
    days, rows = np.unique(quarters // _QUARTERS_OF_A_DAY, return_inverse=True)
    clock = ZoneInfo(zone)
    begins, ends = (_offsets((days + step) * _QUARTERS_OF_A_DAY, clock) for step in (0, 1))
    offsets = begins[rows]
    # Clocks were never changed twice in three days, so a day that ends as it began is as it began.
    is_changed = (begins != ends)[rows]
    changing, places = np.unique(quarters[is_changed], return_inverse=True)
    offsets[is_changed] = _offsets(changing, clock)[places]
    return (quarters + offsets) % _QUARTERS_OF_A_DAY // _QUARTERS_OF_AN_HOUR


def _offsets(quarters: Int64s, clock: ZoneInfo) -> Int64s:
    """Return by how many quarters of an hour a clock is ahead of UTC at some of them."""
    moments = (_EPOCH + timedelta(microseconds=int(one) * _QUARTER) for one in quarters)
    ahead = (moment.astimezone(clock).utcoffset() or timedelta() for moment in moments)
    return np.array([one // timedelta(microseconds=_QUARTER) for one in ahead], dtype=np.int64)


def hour_bands(hours: Int64s, starts: Sequence[int]) -> pa.Array:
    """Return the band of each hour as text; the last band reaches to the first.

    Example:
        >>> hour_bands(np.array([5, 6, 23]), [6, 22]).to_pylist()
        ['22-06', '06-22', '22-06']
    """
    ends = [*starts[1:], starts[0] or 24]
    bands = [f"{start:02}-{end:02}" for start, end in zip(starts, ends, strict=True)]
    places = (np.searchsorted(starts, hours, side="right") - 1) % len(starts)
    return pa.array(bands).take(pa.array(places))


def _segments(engine: Engine, count: int) -> pa.Array:
    build(engine, "context_segments", {})
    rows = engine.fetch("context_segments")
    engine.drop("context_segments")
    return _placed(rows["place"].to_numpy(), rows["value"], count)


def _known_orders(engine: Engine, orders: OrderTable) -> _KnownOrders:
    rows = engine.fetch(ATTRIBUTES)
    places = pc.index_in(rows["order_code"], value_set=pa.array(orders.order_codes))
    found = places.drop_null().to_numpy().astype(np.int64)
    return _KnownOrders(rows.filter(pc.is_valid(places)), found, len(orders))


def _placed(places: Int64s, values: pa.ChunkedArray, count: int) -> pa.Array:
    """Return the values by place of their order; NULL where there is none."""
    rows = np.full(count, UNKNOWN, dtype=np.int64)
    rows[places] = np.arange(len(places))
    taken = pa.array(rows, mask=rows == UNKNOWN)
    return values.take(taken)


def _coded(name: str, values: pa.Array, max_values: int) -> Parts:
    """Give codes to the values with most orders, in their order; ties go to the smaller text."""
    counted = values.value_counts().to_pylist()
    known = {row["values"]: row["counts"] for row in counted if row["values"] is not None}
    largest = sorted(known, key=lambda value: (-known[value], value))[:max_values]
    told = tuple(sorted(largest))
    places = pc.index_in(values, value_set=pa.array(told, pa.string()))
    codes = pc.fill_null(places.cast(pa.int64()), len(told))
    codes = pc.if_else(pc.is_valid(values), codes, UNKNOWN)
    return Parts(name, told, codes.to_numpy(zero_copy_only=False).astype(np.int64))
