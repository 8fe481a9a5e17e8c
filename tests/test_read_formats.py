"""Parquet, JSON lines, partitioned folders and lookups become the same rows as CSV."""

import gzip
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.errors import DataError
from tests.sources import EVENT_COLUMNS, ORDER_COLUMNS, Read, read_orders, read_source

AT = datetime(2011, 1, 1, 10)  # noqa: DTZ001 - a column without a zone
AT_MICROSECONDS = 1_293_876_000_000_000
CSV = b"order,customer,item,at,quantity,price\n1,7,A,2011-01-01 10:00:00,2,1.5\n"


def order_table(**columns: Any) -> pa.Table:
    given = {"order": [1], "customer": [7], "item": ["A"], "at": [AT]}
    return pa.table({**given, "quantity": [2], "price": [1.5], **columns})


def read_parquet(folder: Path, table: pa.Table, **options: Any) -> Read:
    pq.write_table(table, folder / "orders.parquet")
    return read_orders(folder, "orders.parquet", **options)


def read_jsonl(folder: Path, content: bytes, **options: Any) -> Read:
    (folder / "orders.jsonl").write_bytes(content)
    return read_orders(folder, "orders.jsonl", **options)


def json_line(**values: str) -> bytes:
    given = {
        "order": "1", "customer": "7", "item": '"A"', "at": '"2011-01-01 10:00:00"',
        "quantity": "2", "price": "1.50", **values,
    }  # fmt: skip
    return ("{" + ", ".join(f'"{name}": {value}' for name, value in given.items()) + "}\n").encode()


ONE_ROW = [(1, 7, "A", AT_MICROSECONDS, 2.0, 1.5)]
PRICE = "unit_price::double"
COLUMNS = ("order_id", "customer_id", "item_id", "ordered_at", "quantity::double", PRICE)


def test_typed_parquet_keeps_whole_ids_as_numbers(tmp_path: Path) -> None:
    assert ONE_ROW == read_parquet(tmp_path, order_table()).rows(*COLUMNS)


def test_parquet_of_texts_is_read_like_csv(tmp_path: Path) -> None:
    texts = {"order": ["1"], "customer": ["7 "], "at": ["2011-01-01 10:00:00"], "quantity": ["2"]}
    got = read_parquet(tmp_path, order_table(price=["1.50"], **texts))
    assert [("1", "7", *ONE_ROW[0][2:])] == got.rows(*COLUMNS)


@pytest.mark.parametrize(
    "at",
    [
        pa.array([AT], pa.timestamp("ns")),
        pa.array([AT], pa.timestamp("s")),
        pa.array([AT.replace(tzinfo=UTC)], pa.timestamp("us", "Europe/Paris")),
    ],
)
def test_a_timestamp_of_any_unit_or_zone_is_one_instant(tmp_path: Path, at: pa.Array) -> None:
    assert [AT_MICROSECONDS] == read_parquet(tmp_path, order_table(at=at)).column("ordered_at")


def test_a_date_is_its_midnight_in_the_zone_of_the_file(tmp_path: Path) -> None:
    table = order_table(at=[date(2011, 7, 1)])
    got = read_parquet(tmp_path, table, timestamps={"zone": "Europe/Paris"})
    midnight = datetime(2011, 6, 30, 22, tzinfo=UTC)
    assert [midnight.timestamp() * 1_000_000] == got.column("ordered_at")


@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
@pytest.mark.parametrize("at", [2**63 - 1, -(2**63) + 2])
def test_a_timestamp_that_no_calendar_has_is_rejected(tmp_path: Path, at: int, zone: str) -> None:
    table = order_table(at=pa.array([at], pa.int64()).cast(pa.timestamp("us")))
    got = read_parquet(tmp_path, table, timestamps={"zone": zone})
    assert (0, 1) == (got.account.accepted, got.account.quarantined)


def test_decimals_and_doubles_have_four_places(tmp_path: Path) -> None:
    table = order_table(quantity=[Decimal("2.12345")], price=[0.1 + 0.2])
    got = read_parquet(tmp_path, table)
    assert [(Decimal("2.1235"), Decimal("0.3000"))] == got.rows("quantity", "unit_price")


def test_bad_parquet_rows_are_quarantined_with_their_number(tmp_path: Path) -> None:
    table = order_table(
        order=[1, None, 3], customer=[7, 8, 9], item=["A", "B", "C"], at=[AT] * 3,
        quantity=[2, 1, 1], price=[1.5, 1.0, float("nan")],
    )  # fmt: skip
    got = read_parquet(tmp_path, table)
    assert ONE_ROW == got.rows(*COLUMNS)
    assert [(2, "order_id is missing"), (3, "unit_price is not a number")] == [
        (line, reason) for _, line, reason, _ in got.quarantine
    ]
    assert '"item":"B"' in got.quarantine[0][3]


def test_decimal_ids_are_whole_by_option(tmp_path: Path) -> None:
    table = order_table(customer=[123_456_789_012_345_680.0])
    got = read_parquet(tmp_path, table, integer_ids=["customer_id"])
    assert ["123456789012345680"] == got.column("customer_id")


def test_files_that_disagree_on_a_type_meet_as_text(tmp_path: Path) -> None:
    pq.write_table(order_table(), tmp_path / "1.parquet")
    pq.write_table(order_table(order=["x"], price=["2"]), tmp_path / "2.parquet")
    got = read_orders(tmp_path, "*.parquet")
    assert [("1", 7, 1.5), ("x", 7, 2.0)] == got.rows("order_id", "customer_id", PRICE)


def test_sources_that_disagree_on_an_id_type_meet_as_text(tmp_path: Path) -> None:
    pq.write_table(order_table(), tmp_path / "1.parquet")
    (tmp_path / "2.csv").write_bytes(CSV)
    got = read_orders(tmp_path, ["1.parquet", "2.csv"])
    assert ["7", "7"] == got.column("customer_id")


def test_an_empty_parquet_file_gives_no_rows(tmp_path: Path) -> None:
    got = read_parquet(tmp_path, order_table().slice(0, 0))
    assert (0, 0) == (got.account.lines, got.account.accepted)


def test_a_parquet_file_with_damaged_pages_is_named(tmp_path: Path) -> None:
    pq.write_table(order_table(), tmp_path / "orders.parquet", compression="zstd")
    content = bytearray((tmp_path / "orders.parquet").read_bytes())
    content[4:60] = bytes(56)
    (tmp_path / "orders.parquet").write_bytes(content)
    with pytest.raises(DataError, match=r"orders\.parquet: the Parquet file is damaged \("):
        read_orders(tmp_path, "orders.parquet")


def test_a_parquet_file_that_lacks_a_column_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"orders\.parquet: orders needs column 'price'; the file"):
        read_parquet(tmp_path, order_table().drop_columns(["price"]))


def test_column_names_of_sql_are_only_names(tmp_path: Path) -> None:
    names = {"order_id": 'a "b', "customer_id": "line", "item_id": "record", "ordered_at": "given",
             "quantity": "column_0", "unit_price": "select"}  # fmt: skip
    table = order_table().rename_columns(list(names.values()))
    assert ONE_ROW == read_parquet(tmp_path, table, columns=names).rows(*COLUMNS)


def test_json_values_become_the_texts_of_csv(tmp_path: Path) -> None:
    got = read_jsonl(tmp_path, json_line() + json_line(note='{"a": [1, 2]}', price='" 1.5"'))
    assert [("1", "7", *ONE_ROW[0][2:])] * 2 == got.rows(*COLUMNS)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"order": 1, \n', "line is not valid JSON"),
        (b"[1, 2]\n", "line is not a JSON object"),
        (b"5\n", "line is not a JSON object"),
        (b'{"order": "\xff"}\n', "line is not valid JSON"),
        (json_line(item='"\\ud800"'), "line is not valid JSON"),
        (b"[" * 100_000 + b"\n", "line is not valid JSON"),
        (b"{}\n", "order_id is missing"),
        (json_line(quantity="true"), "quantity is not a number"),
        (json_line(price="NaN"), "unit_price is not a number"),
    ],
)
def test_a_bad_json_line_costs_one_line(tmp_path: Path, line: bytes, reason: str) -> None:
    got = read_jsonl(tmp_path, json_line() + b"\n" + line + json_line(item='"B"'))
    assert ["A", "B"] == got.column("item_id")
    assert [(3, reason)] == [(number, why) for _, number, why, _ in got.quarantine]
    assert {"blank_line": 1} == got.account.filtered


@pytest.mark.parametrize("value", ["12.50", "1e5", "1" * 23, '{"b": [1, "é"]}', "-7"])
def test_both_json_readers_give_a_value_the_same_text(tmp_path: Path, value: str) -> None:
    quick = read_jsonl(tmp_path, json_line(item=value))
    careful = read_jsonl(tmp_path, json_line(item=value) + b"\n")
    assert quick.column("item_id") == careful.column("item_id")
    assert {"blank_line": 1} == careful.account.filtered


@pytest.mark.parametrize("bad", [b"", b"bad\n"])
def test_folders_of_hive_give_columns(tmp_path: Path, bad: bytes) -> None:
    for month, item in ((11, "A"), (12, "B")):
        folder = tmp_path / "log" / "year=2011" / f"month={month}" / "shop=a%20b"
        folder.mkdir(parents=True)
        (folder / "part.csv").write_bytes(b"order,item\n%d,%s\n" % (month, item.encode()) + bad)
    orders = {"order_id": ["order", "shop"], "item_id": "item"}
    columns = {**orders, "ordered_at": "year", "quantity": "month"}
    got = read_orders(tmp_path, "log", columns=columns, timestamps={"formats": ["%Y"]})
    start = 1_293_840_000_000_000
    assert [("11|a b", "A", start, 11.0), ("12|a b", "B", start, 12.0)] == got.rows(
        "order_id", "item_id", "ordered_at", "quantity::double"
    )
    assert 2 * bool(bad) == got.account.quarantined


def test_folders_of_hive_give_columns_to_parquet_and_json(tmp_path: Path) -> None:
    (tmp_path / "day=2011-01-01").mkdir()
    (tmp_path / "day=2011-01-02").mkdir()
    pq.write_table(order_table().drop_columns(["at"]), tmp_path / "day=2011-01-01" / "a.parquet")
    (tmp_path / "day=2011-01-02" / "b.jsonl").write_bytes(json_line())
    columns = {**ORDER_COLUMNS, "ordered_at": "day"}
    got = read_orders(
        tmp_path, ["day=*/*.parquet", "day=*/*.jsonl"], columns=columns,
        timestamps={"formats": ["%Y-%m-%d"]},
    )  # fmt: skip
    assert [(14_975,), (14_976,)] == got.rows("ordered_day")


DAY = ["day", "note"]
LOOKUP = {"files": "days.csv", "key": "day_id", "columns": DAY}
LOOKUP_COLUMNS = {"order_id": "order", "item_id": "item", "ordered_at": "day"}


def read_with_lookup(folder: Path, name: str, content: bytes, **options: Any) -> Read:
    (folder / name).write_bytes(content)
    orders = b"order,item,day_id\n1,A,1\n1,B, 2\n2,C,9\n"
    (folder / "orders.csv").write_bytes(orders)
    lookup = {**LOOKUP, "files": name, **options}
    return read_orders(
        folder, columns=LOOKUP_COLUMNS, lookups=[lookup], timestamps={"formats": ["%Y-%m-%d"]}
    )


@pytest.mark.parametrize(
    ("name", "content", "options"),
    [
        ("days.csv", b"note,day_id,day\nx,1,2011-01-01\ny,2,2011-01-02\n", {}),
        (
            "days.csv.gz",
            gzip.compress(b"note,day_id,day\nx,1,2011-01-01\n\ny,2,2011-01-02\n", mtime=0),
            {},
        ),
        (
            "days.txt",
            b"1 2011-01-01 x\n2 2011-01-02 y\n",
            {"csv": {"delimiter": "whitespace", "header": False, "names": ["day_id", *DAY]}},
        ),
        (
            "days.jsonl",
            b'{"day_id": 1, "day": "2011-01-01"}\n{"day_id": "2", "day": "2011-01-02"}\n',
            {},
        ),
    ],
)
def test_a_lookup_gives_columns_and_a_key_without_match_gives_none(
    tmp_path: Path, name: str, content: bytes, options: Mapping[str, Any]
) -> None:
    got = read_with_lookup(tmp_path, name, content, **options)
    assert [("A", 14_975), ("B", 14_976)] == got.rows("item_id", "ordered_day")
    assert [("orders.csv", 4, "ordered_at is missing", "2,C,9")] == got.quarantine


def test_a_lookup_may_be_parquet_and_its_key_a_number(tmp_path: Path) -> None:
    days = [date(2011, 1, 1), date(2011, 1, 2)]
    table = pa.table({"day_id": [1, 2], "day": days, "note": ["", ""]})
    pq.write_table(table, tmp_path / "x.parquet")
    content = (tmp_path / "x.parquet").read_bytes()
    got = read_with_lookup(tmp_path, "days.parquet", content)
    assert [("A", 14_975), ("B", 14_976)] == got.rows("item_id", "ordered_day")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"day_id,day,note\n1,2011-01-01,\n1,2011-01-02,\n", r"day_id '1' stands on several rows"),
        (b"day_id,day,note\n1,2011-01-01\n", r"days\.csv:2: line has 2 fields .*; a lookup must"),
        (b"day_id,day\n1,2011-01-01\n", r"the lookup needs column 'note'; it has: day_id"),
    ],
)
def test_a_lookup_that_is_not_whole_is_an_error(
    tmp_path: Path, content: bytes, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        read_with_lookup(tmp_path, "days.csv", content)


def test_a_lookup_may_use_a_column_of_another(tmp_path: Path) -> None:
    (tmp_path / "catalogue.csv").write_bytes(b"item,class_id\nA,1\nB,2\n")
    (tmp_path / "classes.csv").write_bytes(b"class_id,class,family_id\n1,tea,8\n2,cup,9\n")
    (tmp_path / "families.csv").write_bytes(b"family_id,family\n8,food\n9,home\n")
    got = read_source(
        tmp_path,
        "catalogue",
        catalogue={
            "files": "catalogue.csv",
            "columns": {"item_id": "item", "category": ["family", "class"]},
            "lookups": [
                {"files": "classes.csv", "key": "class_id", "columns": ["class", "family_id"]},
                {"files": "families.csv", "key": "family_id", "columns": ["family"]},
            ],
        },
    )
    assert [("A", "food > tea"), ("B", "home > cup")] == got.rows("item_id", "category")


def test_a_stock_is_a_whole_number(tmp_path: Path) -> None:
    (tmp_path / "catalogue.csv").write_bytes(b"item,stock\nA,12.0\nB,12.7\nC,\n")
    got = read_source(
        tmp_path,
        "catalogue",
        catalogue={"files": "catalogue.csv", "columns": {"item_id": "item", "stock": "stock"}},
        input={"max_reject_share": 1},
    )
    assert [("A", 12), ("C", None)] == got.rows("item_id", "stock")
    assert ["stock is not a whole number"] == [reason for _, _, reason, _ in got.quarantine]


def read_events(folder: Path, content: bytes, **columns: str) -> Read:
    (folder / "log.csv").write_bytes(content)
    events = {"files": "log.csv", "columns": {**EVENT_COLUMNS, **columns}}
    return read_source(folder, "events", events=events, input={"max_reject_share": 1})


def test_an_event_needs_someone(tmp_path: Path) -> None:
    content = (
        b"visitor,customer,session,item,at\n"
        b"v,c,s,A,2011-01-01 10:00:00\n,c,s,A,2011-01-01 10:00:00\n"
        b",,s,A,2011-01-01 10:00:00\n,,,A,2011-01-01 10:00:00\n"
    )
    got = read_events(tmp_path, content, customer_id="customer", session_id="session")
    assert ["customer c", "session s", "v"] == got.column("visitor_id")
    assert [(5, "visitor_id, customer_id and session_id are missing")] == [
        (line, reason) for _, line, reason, _ in got.quarantine
    ]


def test_events_without_session_id_in_a_log_that_has_them_are_a_session_a_day(
    tmp_path: Path,
) -> None:
    content = b"visitor,session,item,at\nv,s,A,2011-01-01 10:00:00\nv,,A,2011-01-02 10:00:00\n"
    got = read_events(tmp_path, content, session_id="session")
    assert ["day 14976", "s"] == got.column("session_id")


def test_event_types_have_kinds_by_value(tmp_path: Path) -> None:
    kinds = ("view", "cart", "purchase", "x", "")
    lines = "".join(f"v,A,2011-01-01 10:00:00,{kind}\n" for kind in kinds).encode()
    got = read_events(tmp_path, b"visitor,item,at,type\n" + lines, event_type="type")
    assert [0, 1, 2, None, None] == got.column("event_kind")
