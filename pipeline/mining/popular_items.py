"""What sells best, to everyone and to each customer segment, and whether more than before."""

from dataclasses import dataclass

import pyarrow as pa

from pipeline.config.serving_options import EVERYONE, Serving
from pipeline.engine import Engine, Value
from pipeline.mining.slices import slices_for
from pipeline.mining.steps import build
from pipeline.mining.window import DAY_MICROSECONDS, Window

_TABLES = ("popular_orders", "popular_segments", "popular_counts")
_NO_SEGMENTS = pa.schema([("customer_code", pa.int64()), ("customer_segment", pa.string())])


@dataclass(frozen=True)
class PopularSummary:
    """What went into `popular_items` and what came out.

    Attributes:
        day_count: Days of the popularity window that have data.
        trend_day_count: Days of each trend window; 0 where the data do not reach back so far.
        item_count: Items in an order of these windows.
        row_count: Rows of the published table.
    """

    day_count: int
    trend_day_count: int
    item_count: int
    row_count: int


@dataclass(frozen=True)
class Sales:
    """What is known of the orders beside their lines.

    Attributes:
        first_sold_at: Instant of the first sale line, microseconds since 1970-01-01 UTC; None
            where there is none.
        line_count: Number of sale lines.
        has_segments: Whether `rfm_segments` and `customers` are there.
    """

    first_sold_at: int | None
    line_count: int
    has_segments: bool


def build_popular_items(
    engine: Engine, options: Serving, window: Window, item_level: str, *, sales: Sales
) -> PopularSummary:
    """Build `popular_items`: from sale lines to one row per item and audience.

    Args:
        engine: Holds `sale_lines` and `items`.
        options: Days of the trend windows, items kept of each segment.
        window: Popularity window; trend windows end with it, or before.
        item_level: What an item is.
        sales: What is known of the orders.

    Returns:
        The counts that the run summary shows.
    """
    days = options.relations.trending.days
    recent_start = window.end - days * DAY_MICROSECONDS
    previous_start = recent_start - days * DAY_MICROSECONDS
    first = window.end if sales.first_sold_at is None else sales.first_sold_at
    has_previous = first < previous_start + DAY_MICROSECONDS
    values: dict[str, Value] = {
        **window.values,
        "item_level": item_level,
        "everyone": EVERYONE,
        "orders_start": min(window.start, previous_start),
        "recent_start": recent_start,
        "previous_start": previous_start,
        "has_previous": has_previous,
        "trend_days": days,
        "day_count": _days_of(window, first),
        "segment_items": options.segment_items,
    }
    item_count = _build_counts(engine, values, sales)
    row_count = build(engine, "popular_items", values)
    engine.drop(*_TABLES)
    return PopularSummary(
        _days_of(window, first), days if has_previous else 0, item_count, row_count
    )


def _build_counts(engine: Engine, values: dict[str, Value], sales: Sales) -> int:
    """Build `popular_counts` and return the number of items."""
    build(engine, "popular_orders", values, slices_for(sales.line_count))
    if sales.has_segments:
        build(engine, "popular_segments", values)
    else:
        engine.load("popular_segments", _NO_SEGMENTS.empty_table())
    build(engine, "popular_counts", values)
    sql = "select count(distinct item_code) as item_count from popular_counts"
    return sum(int(batch["item_count"][0].as_py()) for batch in engine.batches(sql))


def _days_of(window: Window, first: int) -> int:
    """Return the days of a window from the first sale on, begun ones included; at least 1."""
    return max(1, -(-(window.end - max(window.start, first)) // DAY_MICROSECONDS))
