"""CSV files byte by byte: every line becomes a row, a reject with its reason, or is counted."""

import gzip
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config.source_options import Csv
from pipeline.errors import DataError
from pipeline.io.careful import Batch
from pipeline.io.csv_lines import CsvLines
from pipeline.io.files import find_files
from tests.sources import EVENT_COLUMNS, FEWER, ORDER_COLUMNS, Read, read_orders, read_source

HEADER = b"order,customer,item,at,quantity,price\n"
LINE_A = b"1,ann,A,2011-01-01 10:00:00,2,1.50\n"
LINE_B = b"1,ann,B,2011-01-01 10:00:00,1,3\n"


def read(folder: Path, content: bytes, **options: Any) -> Read:
    (folder / "orders.csv").write_bytes(content)
    return read_orders(folder, **options)


def items(given: Read) -> list[str]:
    return given.column("item_id")


def rejected(given: Read) -> list[tuple[int, str]]:
    return [(line, reason) for _, line, reason, _ in given.quarantine]


def test_values_become_typed_rows(tmp_path: Path) -> None:
    got = read(tmp_path, HEADER + LINE_A)
    columns = ("order_id", "customer_id", "item_id", "ordered_at", "ordered_day")
    assert [("1", "ann", "A", 1_293_876_000_000_000, 14_975)] == got.rows(*columns)
    assert [(2.0, 1.5, None, False, False)] == got.rows(
        "quantity::double", "unit_price::double", "amount", "is_return", "is_void"
    )


@pytest.mark.parametrize(
    "content",
    [
        pytest.param((HEADER + LINE_A + LINE_B).replace(b"\n", b"\r\n"), id="CRLF"),
        pytest.param(b"\xef\xbb\xbf" + HEADER + LINE_A + LINE_B, id="byte order mark"),
        pytest.param(HEADER + LINE_A + LINE_B.rstrip(b"\n"), id="no last line end"),
        pytest.param(HEADER + LINE_A.replace(b"A", b'"A"') + LINE_B, id="quotes"),
        pytest.param(HEADER + LINE_A.replace(b"A", b' "A"') + LINE_B, id="blank before a quote"),
        pytest.param(HEADER + LINE_A.replace(b"A", b" A ") + LINE_B, id="blanks"),
        pytest.param(HEADER + LINE_A.replace(b"\n", b",\n") + LINE_B, id="delimiter at the end"),
        pytest.param(HEADER.replace(b"item", b" item ") + LINE_A + LINE_B, id="blanks in header"),
        pytest.param(HEADER + LINE_A.replace(b"\n", b"\r\n") + LINE_B, id="mixed line ends"),
        pytest.param(HEADER + LINE_A + b"\n  \n" + LINE_B, id="blank lines"),
    ],
)
def test_harmless_differences_do_not_matter(tmp_path: Path, content: bytes) -> None:
    got = read(tmp_path, content)
    assert (["A", "B"], []) == (items(got), got.quarantine)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"1,ann,X\n", "line has 3 fields instead of 6"),
        (b"1,ann,X,2011-01-01 10:00:00,2,1.5,7\n", "line has 7 fields instead of 6"),
        (b'1,ann,"X,2011-01-01 10:00:00,2,1.5\n', "line is not valid CSV: unexpected end of data"),
        (b'1,ann,"X"Y,2011-01-01 10:00:00,2,1.5\n', "line is not valid CSV: ',' expected after"),
        (b"1,ann,X\rY,2011-01-01 10:00:00,2,1.5\n", "line is not valid CSV: new-line character"),
        (b"1,ann,X\0,2011-01-01 10:00:00,2,1.5\n", "line holds a NUL byte"),
        (b"1,ann,\xff,2011-01-01 10:00:00,2,1.5\n", "line is not valid utf-8"),
        (b",ann,X,2011-01-01 10:00:00,2,1.5\n", "order_id is missing"),
        (b"1,ann,X,,2,1.5\n", "ordered_at is missing"),
        (b"1,ann,X,01/01/2011,2,1.5\n", "ordered_at does not match the formats"),
        (b"1,ann,X,2011-02-30 10:00:00,2,1.5\n", "ordered_at does not match the formats"),
        (b"1,ann,X,2011-01-01 10:00:00,two,1.5\n", "quantity is not a number"),
        (b"1,ann,X,2011-01-01 10:00:00,,1.5\n", "quantity is missing"),
        (b"1,ann,X,2011-01-01 10:00:00,nan,1.5\n", "quantity is not a number"),
        (b'1,ann,X,2011-01-01 10:00:00,2,"1,50"\n', "unit_price is not a number"),
        (b"1,ann,X,2011-01-01 10:00:00,1e9,1e9\n", "quantity times unit_price is too large"),
    ],
)
def test_a_bad_line_costs_one_line(tmp_path: Path, line: bytes, reason: str) -> None:
    got = read(tmp_path, HEADER + LINE_A + line + LINE_B)
    assert ["A", "B"] == items(got)
    ((file, number, given, raw),) = got.quarantine
    assert ("orders.csv", 3) == (file, number)
    assert given.startswith(reason)
    assert line.decode("utf-8", "replace").rstrip("\n") == raw
    account = got.account
    assert (4, 2, 1, {"header": 1}) == (
        account.lines, account.accepted, account.quarantined, account.filtered,
    )  # fmt: skip


def test_a_line_may_lack_customer_and_item(tmp_path: Path) -> None:
    got = read(tmp_path, HEADER + b"1,,,2011-01-01 10:00:00,2,1\n")
    assert [(None, None)] == got.rows("customer_id", "item_id")


def test_a_quoted_field_may_hold_line_ends_delimiters_and_quotes(tmp_path: Path) -> None:
    got = read(tmp_path, HEADER + LINE_A.replace(b"A", b'"A\n,""B"""') + LINE_B)
    assert ['A\n,"B"', "B"] == items(got)
    assert {"header": 1, "continuation_line": 1} == got.account.filtered
    assert (4, 2, 0) == (got.account.lines, got.account.accepted, got.account.quarantined)


@pytest.mark.parametrize(
    ("line_ends", "accepted", "quarantined"),
    [(19, 2, 0), (20, 1, 21)],  # a record of 20 lines; 21 lines that are none
)
def test_a_record_has_at_most_the_configured_lines(
    tmp_path: Path, line_ends: int, accepted: int, quarantined: int
) -> None:
    long = LINE_A.replace(b"A", b'"' + b"x\n" * line_ends + b'"')
    got = read(tmp_path, HEADER + long + LINE_B)
    assert (accepted, quarantined) == (got.account.accepted, got.account.quarantined)


def test_lines_behind_an_unterminated_quote_are_read_again(tmp_path: Path) -> None:
    bad = b'2,bob,"X,2011-01-01 10:00:00,2,1.5\n'
    got = read(tmp_path, HEADER + bad + LINE_A + bad + LINE_B * 30)
    assert ["A", *["B"] * 30] == items(got)
    assert [2, 4] == [line for line, _ in rejected(got)]


def test_an_inch_sign_inside_a_field_is_text(tmp_path: Path) -> None:
    got = read(tmp_path, HEADER + LINE_A.replace(b"A", b'12" RULER') + LINE_B)
    assert ['12" RULER', "B"] == items(got)


def test_without_a_quote_character_quotes_are_text(tmp_path: Path) -> None:
    got = read(tmp_path, HEADER + LINE_A.replace(b"A", b'"A') + LINE_B, csv={"quote": ""})
    assert ['"A', "B"] == items(got)


@pytest.mark.parametrize("bad", [b"", b"bad\n"])
def test_delimiter_and_quote_are_options(tmp_path: Path, bad: bytes) -> None:
    content = (HEADER + LINE_A.replace(b"A", b"'A;,'")).replace(b",", b";").replace(b";;", b";,")
    got = read(tmp_path, content + bad, csv={"delimiter": ";", "quote": "'"})
    assert (["A;,"], len(bad) // 4) == (items(got), got.account.quarantined)


@pytest.mark.parametrize("bad", [b"", b"bad\n"])
def test_a_file_without_header_takes_its_names_from_the_options(tmp_path: Path, bad: bytes) -> None:
    options = {"header": False, "names": HEADER.decode().strip().split(",")}
    got = read(tmp_path, b"\xef\xbb\xbf" + LINE_A + LINE_B + bad, csv=options)
    assert [("1", "A"), ("1", "B")] == got.rows("order_id", "item_id")
    assert {} == got.account.filtered


def test_blanks_may_be_the_delimiter(tmp_path: Path) -> None:
    content = b" order  at    quantity price\r\n 00001 19970101  1   11.77\r\n\r\n 2 x 1 5 6\r\n"
    left_out = {"customer_id", "item_id"}
    columns = {name: at for name, at in ORDER_COLUMNS.items() if name not in left_out}
    got = read(
        tmp_path, content, columns=columns, csv={"delimiter": "whitespace"},
        timestamps={"formats": ["%Y%m%d"]},
    )  # fmt: skip
    assert [("00001", 11.77)] == got.rows("order_id", "unit_price::double")
    assert [(4, "line has 5 fields instead of 4")] == rejected(got)
    assert {"header": 1, "blank_line": 1} == got.account.filtered


def test_other_encodings_are_decoded(tmp_path: Path) -> None:
    content = HEADER + LINE_A.replace(b"A", "CAFÉ €".encode("cp1252")) + b"\x81,\x81\n"
    got = read(tmp_path, content, csv={"encoding": "cp1252"})
    assert ["CAFÉ €"] == items(got)
    assert [(3, "line is not valid cp1252")] == rejected(got)


def test_an_encoding_that_hides_line_ends_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"orders\.csv: csv\.encoding utf-16 .* convert the file"):
        read(tmp_path, (HEADER + LINE_A).decode().encode("utf-16"), csv={"encoding": "utf-16"})


def test_columns_may_stand_in_another_order_in_each_file(tmp_path: Path) -> None:
    (tmp_path / "1.csv").write_bytes(HEADER + LINE_A)
    (tmp_path / "2.csv").write_bytes(
        b"note,price,quantity,at,item,customer,order\nhi,3,1,2011-01-01 10:00:00,B,ann,1\n"
    )
    got = read_orders(tmp_path, "*.csv")
    assert [("A", 2.0, 1.5), ("B", 1.0, 3.0)] == got.rows(
        "item_id", "quantity::double", "unit_price::double"
    )


@pytest.mark.parametrize("bad", [b"", b"bad\n"])
def test_headers_may_be_empty_repeated_or_differ_in_case_where_no_column_is_mapped(
    tmp_path: Path, bad: bytes
) -> None:
    header = HEADER.replace(b"\n", b",,ORDER,line,line\n")
    got = read(tmp_path, header + LINE_A.replace(b"\n", b",x,y,1,2\n") + bad)
    assert [("1", "A")] == got.rows("order_id", "item_id")
    assert len(bad) // 4 == got.account.quarantined


def test_a_mapped_column_that_stands_twice_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"orders\.csv: column 'item' stands twice"):
        read(tmp_path, HEADER.replace(b"\n", b",item\n") + LINE_A)


def test_a_missing_column_is_named_with_its_file_and_those_it_has(tmp_path: Path) -> None:
    (tmp_path / "1.csv").write_bytes(HEADER + LINE_A)
    (tmp_path / "2.csv").write_bytes(b"order,item,at\n1,A,2011-01-01 10:00:00\n")
    expected = r"2\.csv: orders needs columns 'customer', 'quantity', 'price'; .*: order, item, at$"
    with pytest.raises(DataError, match=expected):
        read_orders(tmp_path, "*.csv")


@pytest.mark.parametrize("content", [b"", b"\n" + HEADER])
def test_a_file_that_starts_empty_lacks_its_header(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(DataError, match=r"orders\.csv: the first line is empty; a header was"):
        read(tmp_path, content)


def test_a_header_over_several_lines_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"orders\.csv: the header cannot be read"):
        read(tmp_path, b'"order\nid",item\n1,2\n')


def test_old_line_ends_are_an_error_that_says_so(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"the header cannot be read .* and the line ends"):
        read(tmp_path, (HEADER + LINE_A).replace(b"\n", b"\r"))


def test_a_header_alone_gives_no_rows(tmp_path: Path) -> None:
    got = read(tmp_path, HEADER)
    assert (1, 0, 0) == (got.account.lines, got.account.accepted, got.account.quarantined)


def test_one_bad_file_of_many_leaves_the_others_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "1.csv").write_bytes(HEADER + LINE_A)
    (tmp_path / "2.csv").write_bytes(HEADER + b'"\n' + LINE_B)
    (tmp_path / "3.csv.gz").write_bytes(gzip.compress(HEADER + LINE_B + b"1,ann,C,x,1,1\n"))
    got = read_orders(tmp_path, ["*.csv", "*.gz"])
    assert ["A", "B", "B"] == items(got)
    assert [("2.csv", 2, '"'), ("3.csv.gz", 3, "1,ann,C,x,1,1")] == [
        (file, line, raw) for file, line, _, raw in got.quarantine
    ]


def test_a_name_with_glob_characters_is_no_glob(tmp_path: Path) -> None:
    (tmp_path / "a*.csv").write_bytes(HEADER + LINE_A)
    (tmp_path / "ab.csv").write_bytes(HEADER + LINE_B)
    assert ["A"] == items(read_orders(tmp_path, "a*.csv"))


def test_prefixes_of_returns_are_taken_off_the_order_id(tmp_path: Path) -> None:
    content = HEADER + LINE_A.replace(b"1,", b"C1,", 1) + LINE_A + LINE_A.replace(b"1", b"R_1", 1)
    got = read(tmp_path, content, returns={"order_id_prefixes": ["C", "R_", "€"]})
    assert [("1", False), ("1", True), ("1", True)] == got.rows("order_id", "is_return")


def test_ids_written_as_decimals_are_whole_by_option(tmp_path: Path) -> None:
    content = HEADER + LINE_A.replace(b"ann", b"17850.0") + LINE_A.replace(b"ann", b"17850.5")
    assert ["17850.0", "17850.5"] == read(tmp_path, content).column("customer_id")
    got = read(tmp_path, content, integer_ids=["customer_id"])
    assert ["17850", "17850.5"] == got.column("customer_id")


def test_an_order_id_may_be_several_columns(tmp_path: Path) -> None:
    columns = {**ORDER_COLUMNS, "order_id": ["customer", "order"]}
    got = read(tmp_path, HEADER + LINE_A + LINE_B.replace(b"ann", b""), columns=columns)
    assert ["ann|1"] == got.column("order_id")
    assert [(3, "order_id is missing")] == rejected(got)


@pytest.mark.parametrize(("drop", "orders"), [(True, [1, 1, 2]), (False, [1, 2, 3])])
def test_every_line_may_be_an_order(tmp_path: Path, orders: list[int], *, drop: bool) -> None:
    columns = {name: at for name, at in ORDER_COLUMNS.items() if name != "order_id"}
    options = {"columns": columns, "order_per_line": True, "drop_duplicates": drop}
    got = read(tmp_path, HEADER + LINE_A + LINE_B + LINE_A, **options)
    assert list(zip(orders, ["A", "A", "B"], strict=True)) == got.rows("order_id", "item_id")


def test_too_many_bad_lines_fail_the_run_and_are_named(tmp_path: Path) -> None:
    bad = b"".join(b"1,ann,A,2011-01-01,%d,1\n" % n for n in range(7))
    (tmp_path / "orders.csv").write_bytes(HEADER + LINE_A * 93 + bad)
    orders = {"files": "orders.csv", "columns": ORDER_COLUMNS}
    allowed = read_source(tmp_path, "orders", orders=orders, input={"max_reject_share": 0.07})
    assert 7 == allowed.account.quarantined
    with pytest.raises(DataError, match=r"7 of 100 lines .*share \(0\.0699\)") as error:
        read_source(tmp_path, "orders", orders=orders, input={"max_reject_share": 0.0699})
    assert 65 == error.value.exit_code
    named = [f"orders.csv:{line}: ordered_at does not match the formats" for line in range(95, 100)]
    assert "; ".join(named) in str(error.value)


def test_the_share_of_an_event_log_counts_all_of_its_lines(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_bytes(
        b"visitor,item,at,type,price\n"
        + b"v,A,2011-01-01 10:00:00,view,\n" * 97
        + b"v,A,2011-01-01 10:00:00,purchase,2\n" * 2
        + b"v,A\n"
    )
    events = {
        "files": "log.csv",
        "columns": {**EVENT_COLUMNS, "event_type": "type"},
    }
    columns = {"order_id": "visitor", "item_id": "item", "ordered_at": "at", "unit_price": "price"}
    got = read_source(
        tmp_path, "orders", orders={"from_events": True, "columns": columns}, events=events
    )
    assert (101, 2, 1) == (got.account.lines, got.account.accepted, got.account.quarantined)
    assert {"header": 1, "other_event_type": 97} == got.account.filtered


def test_a_file_that_changes_while_it_is_read_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    split = CsvLines.names

    def names_of_a_growing_file(self: CsvLines) -> list[str]:
        with (tmp_path / "orders.csv").open("ab") as file:
            file.write(LINE_B.replace(b"B", b"C"))
        return split(self)

    monkeypatch.setattr(CsvLines, "names", names_of_a_growing_file)
    with pytest.raises(DataError, match=r"orders\.csv: the file changed while it was read"):
        read(tmp_path, HEADER + LINE_A)


FIELDS = st.text(st.sampled_from('ab" ,\n\ré;'), max_size=6)


def quoted(field: str) -> str:
    is_special = any(letter in field for letter in ',"\n\r')
    return '"' + field.replace('"', '""') + '"' if is_special else field


@FEWER
@given(st.lists(st.tuples(FIELDS, FIELDS), max_size=8), st.sampled_from(["\n", "\r\n"]))
def test_both_readers_give_the_same_rows_of_well_formed_files(
    tmp_path_factory: pytest.TempPathFactory, records: list[tuple[str, str]], line_end: str
) -> None:
    folder = tmp_path_factory.mktemp("same")
    lines = [
        f"1,{quoted(customer)},{quoted(item)},2011-01-01 10:00:00,2,1.5{line_end}"
        for customer, item in records
    ]
    content = HEADER.decode().replace("\n", line_end) + "".join(lines)
    expected = sorted(
        [(customer.strip(" ") or None, item.strip(" ") or None) for customer, item in records],
        key=lambda row: [(value is None, value) for value in row],
    )
    quick = read(folder, content.encode())
    careful = read(folder, content.encode() + b"bad\n")
    for got in (quick, careful):
        rows = sorted(
            got.rows("customer_id", "item_id"),
            key=lambda row: [(value is None, value) for value in row],
        )
        assert expected == rows
    assert (0, 1) == (quick.account.quarantined, careful.account.quarantined)


def naive(content: bytes, width: int) -> tuple[list[list[str]], list[int]]:
    """Return the records and the numbers of bad lines: the shortest run of lines that parses."""
    lines = content.splitlines(keepends=True)
    records, bad, at = [], [], 0
    while at < len(lines):
        for size in range(1, min(3, len(lines) - at) + 1):
            fields = naive_fields(b"".join(lines[at : at + size]).decode())
            if fields != "open":
                break
        if isinstance(fields, list) and len(fields) == width + 1 and not fields[-1]:
            fields.pop()  # a delimiter at the end of the line
        if isinstance(fields, list) and len(fields) == width:
            records.append(fields)
            at += size
        else:
            if lines[at].strip():
                bad.append(at + 1)
            at += 1
    return records, bad


def naive_fields(text: str) -> list[str] | str:
    """Split a record letter by letter; `open` inside a quote, `wrong` behind one."""
    fields, state = [""], "start"
    for letter in text.removesuffix("\n"):
        if state == "start" and letter == '"':
            state = "open"
        elif state == "open":
            state = "closed" if letter == '"' else state
            fields[-1] += letter if letter != '"' else ""
        elif state == "closed" and letter == '"':
            state = "open"
            fields[-1] += '"'
        elif letter == ",":
            fields.append("")
            state = "start"
        elif state == "closed":
            return "wrong"
        else:
            fields[-1] += letter
            state = "text"
    return "open" if state == "open" else fields


@given(st.text(st.sampled_from('xy",\n'), max_size=40))
def test_the_careful_reader_splits_as_a_naive_one(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    content = text.encode()
    folder = tmp_path_factory.mktemp("naive")
    (folder / "a.csv").write_bytes(b"a,b,c\n" + content)
    records, bad = naive(content, 3)
    batch = careful_batch(folder)
    fields = batch.to_arrow(["a", "b", "c"]).select(["a", "b", "c"])
    assert records == [list(row.values()) for row in fields.to_pylist()]
    assert [line + 1 for line in bad] == [reject.line for reject in batch.rejected]


def careful_batch(folder: Path) -> Batch:
    (batch,) = CsvLines(find_files("a.csv", folder, "auto")[0], Csv(), 3).batches(range(3))
    return batch
