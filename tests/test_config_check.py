"""What a configuration must fulfil beyond types and ranges."""

from pathlib import Path

import pytest

from pipeline.config.check import CANONICAL_COLUMNS
from pipeline.io.contract import CONTRACTS
from tests.test_config import CATALOGUE, EVENTS, ORDERS, load, problems


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "1:1: orders.files: required (or set orders.from_events): a path, a list"),
        (ORDERS.replace("orders.csv", "[]"), "2:10: orders.files: required"),
        (ORDERS.replace("orders.csv", "['']"), "2:10: orders.files: required"),
        (ORDERS.replace("item_id", "itemid"), "3:30: orders.columns.itemid: unknown column; did"),
        (ORDERS.replace("item_id: item", "item_id: []"), "3:39: orders.columns.item_id: name a"),
        (ORDERS.replace("ordered_at", "status"), "3:12: orders.columns.ordered_at: required"),
        (
            ORDERS.replace("order_id", "status"),
            "3:12: orders.columns.order_id: required (or set orders.order_per_line)",
        ),
        (ORDERS + "  order_per_line: true", "3:23: orders.columns.order_id: not allowed: every"),
        (
            ORDERS.replace("item_id: item", "amount: a, unit_price: b"),
            "3:38: orders.columns.amount: not allowed: unit_price is given too",
        ),
        (
            ORDERS + "  returns: {statuses: [back]}",
            "3:12: orders.columns.status: required where statuses are listed",
        ),
        (ORDERS + "  integer_ids: [customer_id]", "4:17: orders.integer_ids.0: 'customer_id': on"),
        (ORDERS + "  from_events: true", "4:16: orders.from_events: orders.files is given too"),
        (
            ORDERS.replace("files: orders.csv", "from_events: true"),
            "2:16: orders.from_events: needs",
        ),
        (
            ORDERS.replace("  files: orders.csv\n", "  from_events: true\n") + EVENTS,
            "2:16: orders.from_events: needs orders.columns.event_type or events.columns.event_t",
        ),
        (ORDERS + "events: {columns: {}}", "4:9: events.files: required: a path"),
        (ORDERS + EVENTS.replace("item_id", "event_type"), "6:12: events.columns.item_id: requi"),
        (ORDERS + EVENTS.replace("viewed_at", "event_type"), "6:12: events.columns.viewed_at: r"),
        (
            ORDERS + EVENTS.replace("visitor_id", "event_type"),
            "6:12: events.columns.visitor_id: required, or session_id or customer_id",
        ),
        (ORDERS + CATALOGUE.replace("item_id", "brand"), "6:12: catalogue.columns.item_id: requ"),
        (ORDERS + "item_level: product", "4:13: item_level: product needs catalogue.columns.pro"),
        (ORDERS + CATALOGUE + "item_level: category", "7:13: item_level: category needs catalog"),
        (ORDERS + "  non_products: {patterns: [a, '(']}", "4:32: orders.non_products.patterns.1"),
        (ORDERS + "  timestamps: {zone: UTZ}", "4:22: orders.timestamps.zone: 'UTZ' is no time z"),
        (ORDERS + "time_zone: localtime", "4:12: time_zone: 'localtime' is no time zone; did you"),
        (ORDERS + "  timestamps: {formats: []}", "4:25: orders.timestamps.formats: give at least"),
        (ORDERS + '  timestamps: {formats: ["%%Y"]}', "4:26: orders.timestamps.formats.0: '%%Y'"),
        (ORDERS + "  csv: {delimiter: ';;'}", "4:20: orders.csv.delimiter: ';;': write one chara"),
        (ORDERS + "  csv: {quote: ','}", "4:16: orders.csv.quote: ',' is the delimiter too"),
        (ORDERS + "  csv: {quote: ab}", "4:16: orders.csv.quote: 'ab': write one character, or n"),
        (ORDERS + "  csv: {header: false}", "4:8: orders.csv.names: required: the files have no"),
        (ORDERS + "  csv: {names: [a]}", "4:16: orders.csv.names: are for files without a header"),
        (ORDERS + "  csv: {encoding: utf-9}", "4:19: orders.csv.encoding: unknown encoding 'utf"),
        (
            ORDERS + "  lookups: [{files: [], key: a, columns: [b]}]",
            "4:21: orders.lookups.0.files: required",
        ),
        (ORDERS + "engine: {memory_limit: 4G B}", "4:24: engine.memory_limit: '4G B': write a s"),
        (ORDERS + "engine: {memory_limit: 0GB}", "4:24: engine.memory_limit: '0GB': write a siz"),
        (ORDERS + "as_of: today", "4:8: as_of: 'today': write a date or an instant"),
    ],
)
def test_what_the_types_cannot_say_is_checked_too(tmp_path: Path, text: str, line: str) -> None:
    assert problems(tmp_path, text)[0].startswith(f"shop.yaml:{line}")


@pytest.mark.parametrize(
    "text",
    [
        ORDERS.replace("order_id: order", "order_id: [a, b]"),
        ORDERS.replace("order_id: order, ", "") + "  order_per_line: true",
        ORDERS.replace("files: orders.csv", "from_events: true")
        + EVENTS.replace("visitor_id", "event_type: type, visitor_id"),
        ORDERS + EVENTS.replace("visitor_id", "session_id"),
        ORDERS + EVENTS.replace("visitor_id", "customer_id"),
        ORDERS + CATALOGUE.replace("name:", "product_id:") + "item_level: product",
        ORDERS + "  csv: {delimiter: whitespace, quote: '', header: false, names: [a, b]}",
        ORDERS + "  csv: {delimiter: '\t', encoding: cp1252}",
        ORDERS + "  timestamps: {formats: [iso, epoch_seconds, epoch_milliseconds, '%d.%m.%y']}",
        ORDERS + "time_zone: America/Sao_Paulo\nas_of: 2011-12-01T08:30+01:00",
        ORDERS + "engine: {memory_limit: 512MB}\noutput: {tables: [also_bought]}",
        ORDERS + "engine: {memory_limit: 1.5 GiB}\nevents: null",
        ORDERS + "mining: {min_support: null, min_count: 5}",
    ],
)
def test_what_is_allowed_is_loaded(tmp_path: Path, text: str) -> None:
    load(tmp_path, text)


def test_the_canonical_columns_are_those_that_the_input_reads() -> None:
    assert CANONICAL_COLUMNS == {
        source: tuple(field.name for field in fields) for source, fields in CONTRACTS.items()
    }
