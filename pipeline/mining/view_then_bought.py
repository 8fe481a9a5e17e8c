"""Viewed this, ultimately bought: what the viewers of an item buy in the end.

Source: US patent 8,326,658 (share of those who acquired something after viewing an item).
"""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from pipeline.config.mining_options import ViewThenBought
from pipeline.engine import Engine, Value
from pipeline.mining.owners import load_owner_counts
from pipeline.mining.slices import slices_for
from pipeline.mining.steps import build, sql_of
from pipeline.mining.targets import load_target_counts
from pipeline.mining.window import DAY_MICROSECONDS, Window

Counting = Literal["kernel", "sql"]

WEIGHT_UNIT = math.lcm(*range(1, 29))
"""An order of k items weighs 1/k for each of them. In this unit that is an integer up to 28 items,
so sums are exact and their order does not matter; beyond, the error is below 1e-10 of an item."""

SESSION_GAP_MICROSECONDS = 30 * 60 * 1_000_000
"""With horizon `session`, a purchase counts until so long after the session's last event."""

_TABLES = (
    "viewing_visitors",
    "viewing_totals",
    "first_views",
    "item_viewers",
    "viewed_items",
    "visitor_purchases",
    "buying_visitors",
    "visitor_orders",
    "last_orders",
    "source_totals",
    "bought_targets",
    "listed_targets",
    "other_targets",
    "base_buyers",
    "target_rows",
)


@dataclass(frozen=True)
class ViewThenBoughtSummary:
    """What went into `view_then_bought` and what came out.

    Attributes:
        visitor_count: Visitors with a view inside the window.
        view_count: Their views inside the window.
        stitched_view_count: Of these, views of known customers.
        stitch_rate: stitched_view_count / view_count; 0 without views.
        closed_first_view_count: Visitors by item viewed whose horizon has closed.
        source_item_count: Items with enough such viewers.
        row_count: Rows of the published table.
    """

    visitor_count: int
    view_count: int
    stitched_view_count: int
    stitch_rate: float
    closed_first_view_count: int
    source_item_count: int
    row_count: int


def build_view_then_bought(
    engine: Engine,
    options: ViewThenBought,
    window: Window,
    item_level: str,
    *,
    counting: Counting = "kernel",
) -> ViewThenBoughtSummary:
    """Build `view_then_bought`: from views and sale lines to one row per source and target.

    Visitors whose horizon is still open at the end of the window are left out throughout.

    Args:
        engine: Holds `views`, `sessions`, `sale_lines`, `items` and `customers`.
        options: Horizon, thresholds and the number of targets.
        window: Views inside it count, and purchases before its end.
        item_level: What an item is.
        counting: Whether the compiled kernel or the database counts targets; same result.

    Returns:
        The counts that the run summary shows.
    """
    values = _values(options, window, item_level)
    build(engine, "viewing_visitors", values)
    build(engine, "viewing_totals", values)
    totals = engine.fetch("viewing_totals").to_pylist()[0]
    is_whole = counting == "sql" or options.horizon == "session"
    count = _build_first_views if is_whole else _count_first_views
    first_view_count = count(engine, values, totals["view_count"])
    source_item_count = build(engine, "viewed_items", values)
    _build_targets(engine, values, first_view_count, counting)
    row_count = build(engine, "view_then_bought", {**values, **totals})
    engine.drop(*_TABLES)
    return ViewThenBoughtSummary(
        **totals,
        stitch_rate=totals["stitched_view_count"] / max(1, totals["view_count"]),
        closed_first_view_count=first_view_count,
        source_item_count=source_item_count,
        row_count=row_count,
    )


def _values(options: ViewThenBought, window: Window, item_level: str) -> dict[str, Value]:
    share = Fraction(str(options.min_displayable_share)).limit_denominator(10**8)
    return {
        **window.values,
        "item_level": item_level,
        "horizon": options.horizon,
        "horizon_microseconds": horizon_microseconds(options.horizon),
        "min_viewers": options.min_viewers,
        "max_targets": options.max_targets,
        "min_buyers": options.min_displayable_buyers,
        "share_numerator": share.numerator,
        "share_denominator": share.denominator,
        "weight_unit": WEIGHT_UNIT,
    }


def horizon_microseconds(horizon: str) -> int:
    """Return how long after the first view, or after its session, a purchase counts."""
    if horizon == "session":
        return SESSION_GAP_MICROSECONDS
    return int(horizon) * DAY_MICROSECONDS


def _build_first_views(engine: Engine, values: dict[str, Value], view_count: int) -> int:
    """Build `first_views` and `item_viewers`; return the number of first views."""
    kind = "session" if values["horizon"] == "session" else "days"
    sql = sql_of(f"first_views_{kind}")
    count = engine.create_table("first_views", sql, values, slices_for(view_count))
    build(engine, "item_viewers", values)
    return count


def _count_first_views(engine: Engine, values: dict[str, Value], view_count: int) -> int:
    """Build `item_viewers` alone: the kernel finds first views among all, where they can matter."""
    load_owner_counts(engine, "closed_views", values, view_count)
    engine.rename("closed_views", "item_viewers")
    return sum(engine.fetch("item_viewers")["owner_count"].to_pylist())


def _build_targets(
    engine: Engine, values: dict[str, Value], first_view_count: int, counting: Counting
) -> None:
    purchase_count = build(engine, "visitor_purchases", values)
    load_owner_counts(engine, "base_buyers", values, purchase_count)
    if counting == "kernel":
        is_session = values["horizon"] == "session"
        placed_views = "placed_first_views" if is_session else "placed_views"
        load_target_counts(engine, values, placed_views, first_view_count)
        build(engine, "listed_targets", values)
    else:
        _build_targets_in_sql(engine, values, first_view_count, purchase_count)
    build(engine, "target_rows", values)


def _build_targets_in_sql(
    engine: Engine, values: dict[str, Value], first_view_count: int, purchase_count: int
) -> None:
    order_count = build(engine, "visitor_orders", values)
    items_per_order = 1 + purchase_count // max(1, order_count)
    buyer_count = build(engine, "last_orders", values, slices_for(first_view_count))
    slices = slices_for(buyer_count * items_per_order)
    build(engine, "source_totals", values)
    engine.drop("first_views")
    build(engine, "bought_targets", values, slices)
    build(engine, "listed_targets", values)
    build(engine, "other_targets", values, slices)
