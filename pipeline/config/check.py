"""What a configuration must fulfil beyond types and ranges: names, columns, zones, formats."""

import codecs
import re
from collections.abc import Iterator, Sequence
from typing import Final
from zoneinfo import available_timezones

from pipeline.config.as_of import EXAMPLES, parse_instant
from pipeline.config.check_campaigns import check_campaigns
from pipeline.config.check_serving import check_serving
from pipeline.config.context_options import KNOWN_CONTEXTS
from pipeline.config.model import Config
from pipeline.config.problems import KeyPath, Problem, nearest, suggestion, unknown
from pipeline.config.serving_options import EVERYONE
from pipeline.config.source_options import (
    Catalogue,
    Csv,
    Events,
    Lookup,
    Orders,
    Source,
    Timestamps,
)
from pipeline.names import TABLES

Problems = Iterator[Problem]

CANONICAL_COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "orders": (
        "order_id", "customer_id", "item_id", "ordered_at", "quantity", "unit_price", "amount",
        "status", "event_type",
    ),
    "events": (
        "visitor_id", "customer_id", "session_id", "item_id", "viewed_at", "event_type",
    ),
    "catalogue": ("item_id", "product_id", "name", "category", "brand", "price", "stock"),
}  # fmt: skip
_NAMED_FORMATS = {"iso", "epoch_seconds", "epoch_milliseconds"}
_ATTRIBUTE = re.compile(r"[a-z][a-z0-9_]*")
_MEMORY = re.compile(r"\d*[1-9]\d*(\.\d+)? ?[KMGT]i?B", re.IGNORECASE)


def check(config: Config) -> Problems:
    """Yield everything that is wrong with a configuration whose types and ranges are right."""
    yield from _check_top(config)
    yield from _check_orders(config.orders, config.events)
    yield from _check_context(config)
    if config.serving.placements and EVERYONE in {one.name for one in config.rfm.used_segments}:
        message = f"{EVERYONE!r} stands for all customers (serving.placements): rename the segment"
        yield Problem(("rfm", "segments"), message)
    yield from check_campaigns(config)
    attributes = config.catalogue.attributes if config.catalogue else {}
    yield from check_serving(config.serving, list(attributes))
    if config.events:
        yield from _check_events(config.events)
    if config.catalogue:
        yield from _check_catalogue(config.catalogue)
    for position, table in enumerate(config.output.tables):
        if table not in TABLES:
            message = f"{table!r} is no table; {suggestion(table, TABLES)}"
            yield Problem(("output", "tables", position), message)
    limit = config.engine.memory_limit
    if limit is not None and not _MEMORY.fullmatch(limit):
        yield Problem(("engine", "memory_limit"), f"{limit!r}: write a size like 512MB or 4GB")


def _check_top(config: Config) -> Problems:
    yield from _check_zone(config.time_zone, ("time_zone",))
    if config.as_of is not None:
        try:
            parse_instant(config.as_of)
        except ValueError:
            message = f"{config.as_of!r}: write a date or an instant, like {EXAMPLES}"
            yield Problem(("as_of",), message)
    needed = {"product": "product_id", "category": "category"}.get(config.item_level)
    if needed and needed not in (config.catalogue.columns if config.catalogue else {}):
        message = f"{config.item_level} needs catalogue.columns.{needed}"
        yield Problem(("item_level",), message)


def _check_orders(orders: Orders, events: Events | None) -> Problems:
    yield from _check_source("orders", orders)
    yield from _check_where_orders_are(orders, events)
    yield from _check_timestamps(orders.timestamps, ("orders", "timestamps"))
    yield from _require("orders", orders, ["ordered_at"])
    if orders.order_per_line:
        yield from _refuse(orders, "order_id", "every line is an order (orders.order_per_line)")
    else:
        yield from _require("orders", orders, ["order_id"], " (or set orders.order_per_line)")
    if "unit_price" in orders.columns:
        yield from _refuse(orders, "amount", "unit_price is given too: keep one of them")
    if orders.cancelled_statuses or orders.returns.statuses:
        yield from _require("orders", orders, ["status"], " where statuses are listed")
    for position, pattern in enumerate(orders.non_products.patterns):
        yield from _check_pattern(pattern, ("orders", "non_products", "patterns", position))


def _check_context(config: Config) -> Problems:
    attributes = config.orders.attributes
    for name, mapped in attributes.items():
        if name in KNOWN_CONTEXTS:
            yield Problem(("orders", "attributes", name), "has a meaning of its own: rename it")
        elif _is_empty(mapped):
            yield Problem(("orders", "attributes", name), "name a column of the file")
    known = [*KNOWN_CONTEXTS, *attributes]
    for position, name in enumerate(config.context.by):
        if name not in known:
            message = f"{name!r} is no context; {suggestion(name, known)}"
            yield Problem(("context", "by", position), message)
        elif name in config.context.by[:position]:
            yield Problem(("context", "by", position), f"{name!r} is given twice")


def _check_where_orders_are(orders: Orders, events: Events | None) -> Problems:
    if not orders.from_events:
        yield from _require_files(orders.files, ("orders",), " (or set orders.from_events)")
        return
    path = ("orders", "from_events")
    if orders.files:
        yield Problem(path, "orders.files is given too: keep one of them")
    if events is None:
        yield Problem(path, "needs the section events")
    elif "event_type" not in {*orders.columns, *events.columns}:
        yield Problem(path, "needs orders.columns.event_type or events.columns.event_type")


def _check_events(events: Events) -> Problems:
    yield from _check_source("events", events)
    yield from _require_files(events.files, ("events",))
    yield from _check_timestamps(events.timestamps, ("events", "timestamps"))
    yield from _require("events", events, ["item_id"])
    yield from _require("events", events, ["viewed_at"])
    yield from _require("events", events, ["visitor_id", "session_id", "customer_id"])


def _check_catalogue(catalogue: Catalogue) -> Problems:
    yield from _check_source("catalogue", catalogue)
    yield from _require_files(catalogue.files, ("catalogue",))
    yield from _require("catalogue", catalogue, ["item_id"])
    for name, mapped in catalogue.attributes.items():
        path = ("catalogue", "attributes", name)
        if name in CANONICAL_COLUMNS["catalogue"] or not _ATTRIBUTE.fullmatch(name):
            message = "name it by small letters, digits and _, and not as a column of its own"
            yield Problem(path, message)
        elif _is_empty(mapped):
            yield Problem(path, "name a column of the file")


def _check_source(name: str, source: Source) -> Problems:
    for column, mapped in source.columns.items():
        path = (name, "columns", column)
        if column not in CANONICAL_COLUMNS[name]:
            yield unknown(path, "column", CANONICAL_COLUMNS[name])
        elif _is_empty(mapped):
            yield Problem(path, "name a column of the file")
    for position, column in enumerate(source.integer_ids):
        if column not in source.columns or not column.endswith("_id"):
            message = f"{column!r}: only ids that {name}.columns maps may stand here"
            yield Problem((name, "integer_ids", position), message)
    yield from _check_csv(source.csv, (name, "csv"))
    for position, lookup in enumerate(source.lookups):
        yield from _check_lookup(lookup, (name, "lookups", position))


def _check_lookup(lookup: Lookup, path: KeyPath) -> Problems:
    yield from _require_files(lookup.files, path)
    yield from _check_csv(lookup.csv, (*path, "csv"))


def _check_csv(csv: Csv, path: KeyPath) -> Problems:
    if csv.delimiter != "whitespace" and len(csv.delimiter) != 1:
        message = f"{csv.delimiter!r}: write one character, or whitespace for runs of blanks"
        yield Problem((*path, "delimiter"), message)
    if len(csv.quote) > 1:
        yield Problem((*path, "quote"), f"{csv.quote!r}: write one character, or none")
    if csv.quote == csv.delimiter:
        yield Problem((*path, "quote"), f"{csv.quote!r} is the delimiter too")
    if csv.header and csv.names:
        yield Problem((*path, "names"), f"are for files without a header: set {path[0]}.csv.header")
    if not csv.header and not csv.names:
        yield Problem((*path, "names"), "required: the files have no header that names the columns")
    try:
        codecs.lookup(csv.encoding)
    except (LookupError, ValueError):
        yield Problem((*path, "encoding"), f"unknown encoding {csv.encoding!r}")


def _check_timestamps(timestamps: Timestamps, path: KeyPath) -> Problems:
    yield from _check_zone(timestamps.zone, (*path, "zone"))
    if not timestamps.formats:
        yield Problem((*path, "formats"), "give at least one format")
    for position, text in enumerate(timestamps.formats):
        if text not in _NAMED_FORMATS and not {"%Y", "%y"} & set(re.findall("%.", text)):
            known = ", ".join(sorted(_NAMED_FORMATS))
            message = f"{text!r}: write {known}, or a format with %Y or %y"
            yield Problem((*path, "formats", position), message)


def _check_zone(zone: str, path: KeyPath) -> Problems:
    # `localtime` is the zone of the machine, and may decide nothing.
    if zone != "UTC" and zone not in (zones := available_timezones() - {"localtime"}):
        near = nearest(zone, zones) or "a name like Europe/Berlin"
        yield Problem(path, f"{zone!r} is no time zone; did you mean {near}?")


def _check_pattern(pattern: str, path: KeyPath) -> Problems:
    import pyarrow as pa
    from pyarrow import compute

    try:
        # The regular expressions of Arrow are those of the database: both are RE2.
        compute.match_substring_regex(pa.array([""]), pattern=pattern)
    except pa.ArrowInvalid as error:
        yield Problem(path, f"{pattern!r}: {error}")


def _require(name: str, source: Source, columns: Sequence[str], hint: str = "") -> Problems:
    choice = f", or {' or '.join(columns[1:])}" if columns[1:] else ""
    if not set(columns) & set(source.columns):
        yield Problem((name, "columns", columns[0]), f"required{choice}{hint}")


def _refuse(orders: Orders, column: str, reason: str) -> Problems:
    if column in orders.columns:
        yield Problem(("orders", "columns", column), f"not allowed: {reason}")


def _require_files(files: str | list[str], path: KeyPath, hint: str = "") -> Problems:
    if _is_empty(files):
        yield Problem((*path, "files"), f"required{hint}: a path, a list of paths or a glob")


def _is_empty(names: str | list[str]) -> bool:
    return not names or (isinstance(names, list) and "" in names)
