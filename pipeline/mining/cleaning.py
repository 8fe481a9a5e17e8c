"""From typed rows to sale lines, views and items: what counts, and why the rest does not.

Grain in: `order_rows`, `event_rows`, `catalogue_rows`, one row per line that could be read.
Grain out: `sale_lines`, `views`, `sessions`, `items`, `customers`.
"""

from dataclasses import dataclass, replace
from fractions import Fraction

import pyarrow as pa

from pipeline.accounting import Account
from pipeline.config.model import Config
from pipeline.config.source_options import Events, NonProducts, Orders
from pipeline.engine import Engine, Value
from pipeline.mining.order_times import build_order_times
from pipeline.mining.repeated_lines import load_repeated_lines
from pipeline.mining.steps import build

EVENTS_A_SLICE = 8_000_000


def build_items(engine: Engine, config: Config) -> int:
    """Give every item a code and return the number of items.

    Items are ordered by falling number of sale lines and events, then by id, so that codes do
    not depend on the order of the rows.
    """
    build(engine, "spelled_items", {})
    spelled = engine.fetch("spelled_items").column("item_id")
    left_out = non_products(spelled, config.orders.non_products)
    engine.load("non_products", pa.table({"item_id": left_out}))
    build(engine, "skus", {"merge_letter_case": config.input.merge_letter_case})
    build(engine, "catalogue_items", {})
    build(engine, "levelled_items", {"item_level": config.item_level})
    count = build(engine, "items", {})
    build(engine, "item_codes", {})
    engine.drop("spelled_items", "non_products", "skus", "levelled_items")
    return count


def non_products(item_ids: pa.ChunkedArray, rule: NonProducts) -> pa.ChunkedArray:
    """Return the item ids that stand for postage, a gift card or the like.

    Patterns are RE2 expressions, which `basket config` checks them to be.
    """
    from pyarrow import compute

    listed = pa.array([item.upper() for item in rule.item_ids], pa.string())
    is_left_out = compute.is_in(compute.utf8_upper(item_ids), value_set=listed)
    for pattern in rule.patterns:
        matches = compute.match_substring_regex(item_ids, rf"\A(?:{pattern})\z")
        is_left_out = compute.or_(is_left_out, matches)
    return item_ids.filter(is_left_out)


def build_sale_lines(engine: Engine, orders: Orders, account: Account) -> Account:
    """Build `sale_lines` from `order_rows` and return where every line went.

    Returns are netted by taking back the units bought last: by customer and item, or by order
    and item where the customer is not known. A line of which nothing is left is `returned`; a
    return that found nothing to take back is an `unmatched_return`.
    """
    values: dict[str, Value] = {
        "has_items": "item_id" in orders.columns,
        "keep_zero_prices": orders.keep_zero_prices,
        "net_returns": orders.returns.net,
    }
    build(engine, "order_lines", values)
    engine.drop("order_rows")
    load_repeated_lines(engine, is_wanted=orders.drop_duplicates)
    for table in ("order_reasons", "open_scopes", "open_lines", "settled_lines", "settled_reasons"):
        build(engine, table, values)
    for table in ("returned_lines", "buyers"):
        build(engine, table, values)
    build_order_times(engine)
    accepted = build(engine, "sale_lines", values)
    reasons = _counts(engine, "order_reasons", "reason")
    settled = _counts(engine, "settled_reasons", "outcome")
    settled.pop("accepted", None)
    duplicates = sum(engine.fetch("settled_reasons").column("duplicate_count").to_pylist())
    engine.drop("open_lines", "settled_lines", "repeated_lines", "open_scopes")
    engine.drop("long_orders", "order_times")
    filtered = _added(account.filtered, reasons, settled)
    return replace(account, accepted=accepted, duplicates=duplicates, filtered=filtered).check()


def build_views(
    engine: Engine, events: Events, account: Account, *, is_session_end_needed: bool = True
) -> Account:
    """Build `views` and `sessions` from `event_rows` and return where every line went.

    Args:
        engine: Holds `event_rows`, `item_codes` and `buyers`.
        events: How events are counted.
        account: Where the lines went so far.
        is_session_end_needed: False leaves `sessions` unbuilt: it takes a pass over all events.
    """
    duplicates = _drop_repeated_events(engine, events)
    if "session_id" not in events.columns:
        _cut_sessions(engine, events)
    build(engine, "visitor_customers", {})
    build(engine, "visitor_codes", {})
    _build_bots(engine, events)
    for table in ("views", "event_reasons"):
        build(engine, table, {})
    if is_session_end_needed:
        build(engine, "sessions", {})
    engine.drop("event_rows", "busy_events", "wide_visitors", "event_counts")
    engine.drop("visitor_codes", "visitor_customers")
    reasons = _counts(engine, "event_reasons", "reason")
    accepted = reasons.pop("accepted", 0)
    filtered = _added(account.filtered, reasons)
    return replace(account, accepted=accepted, duplicates=duplicates, filtered=filtered).check()


def count_catalogue(engine: Engine, account: Account) -> Account:
    """Return where every line of the catalogue went: one row an item is kept."""
    kept = engine.count("catalogue_items")
    return replace(account, accepted=kept, duplicates=account.accepted - kept).check()


def _drop_repeated_events(engine: Engine, events: Events) -> int:
    if not events.drop_duplicates:
        return 0
    rows = engine.count("event_rows")
    kept = build(engine, "distinct_events", {})
    engine.rename("distinct_events", "event_rows")
    return rows - kept


def _cut_sessions(engine: Engine, events: Events) -> None:
    gap = events.session_gap_minutes * 60_000_000
    rows = engine.count("event_rows")
    build(engine, "gap_events", {"session_gap": gap}, 1 + rows // EVENTS_A_SLICE)
    engine.rename("gap_events", "event_rows")


def _build_bots(engine: Engine, events: Events) -> None:
    limits: dict[str, Value] = {
        "max_events_per_day": events.bots.max_events_per_day,
        "min_items": events.bots.min_items,
    }
    visitors = build(engine, "event_counts", {})
    build(engine, "busy_events", limits)
    build(engine, "wide_visitors", limits)
    values: dict[str, Value] = {
        **limits,
        "drop_bots": events.bots.drop,
        "allowed_count": allowed_above(events.bots.item_quantile, visitors),
    }
    build(engine, "bots", values)


def allowed_above(quantile: float, visitors: int) -> int:
    """Return how many visitors may lie above a quantile: floor((1 - quantile) * visitors)."""
    return int((1 - Fraction(str(quantile))) * visitors)


def _counts(engine: Engine, table: str, name: str) -> dict[str, int]:
    return {row[name]: row["line_count"] for row in engine.fetch(table).to_pylist()}


def _added(*parts: dict[str, int]) -> dict[str, int]:
    reasons = sorted({reason for part in parts for reason in part})
    return {reason: sum(part.get(reason, 0) for part in parts) for reason in reasons}


@dataclass(frozen=True)
class Span:
    """First and last instant of the accepted rows of a table, microseconds UTC.

    Attributes:
        first: None where the table has no rows.
        last: None where the table has no rows.
    """

    first: int | None
    last: int | None


def span_of(engine: Engine, table: str, column: str) -> Span:
    """Return the span of a table's instants."""
    # Names of our own tables, never text from outside.
    sql = f"select min({column}) as first_at, max({column}) as last_at from {table}"  # noqa: S608
    engine.create_table("spans", sql, {})
    row = engine.fetch("spans").to_pylist()[0]
    engine.drop("spans")
    return Span(row["first_at"], row["last_at"])
