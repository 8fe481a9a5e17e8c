"""Blanks beside quotes: both readers of CSV pass over them, and over nothing else."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.io.quotes import without_blanks
from tests.sources import read_orders

HEADER = b"order,customer,item,at,quantity,price\n"
LINE = b"1,ann,%s,2011-01-01 10:00:00,2,1.50\n"


@pytest.mark.parametrize("bad", [b"", b"bad\n"], ids=["quick", "careful"])
@pytest.mark.parametrize(
    ("field", "item"),
    [
        (b'"X" ', "X"),
        (b'"X"  ', "X"),
        (b' "X" ', "X"),
        (b'"X, Y" ', "X, Y"),
        (b'"X"" ,Y" ', 'X" ,Y'),
        (b'"" ', None),
        (b'X"Y" ', 'X"Y"'),
        (b'"X"\t', "rejected"),
        (b'"X" Y', "rejected"),
        (b'"X" "', "rejected"),
    ],
)
def test_both_readers_take_a_blank_behind_a_closing_quote(
    tmp_path: Path, bad: bytes, field: bytes, item: str | None
) -> None:
    (tmp_path / "orders.csv").write_bytes(HEADER + LINE % b"A" + LINE % field + bad)
    got = read_orders(tmp_path)
    expected = ["A"] if item == "rejected" else ["A", item]
    assert (expected, bool(bad) + (item == "rejected")) == (
        got.column("item_id"),
        got.account.quarantined,
    )


@pytest.mark.parametrize("bad", [b"", b"bad\n"], ids=["quick", "careful"])
@pytest.mark.parametrize("end", [b'"3" \n', b'"3" \r\n', b'"3"  \n', b' "3" \n'])
def test_a_blank_before_the_line_end_is_passed_over_too(
    tmp_path: Path, bad: bytes, end: bytes
) -> None:
    (tmp_path / "orders.csv").write_bytes(HEADER + b"1,ann,X,2011-01-01 10:00:00,2," + end + bad)
    assert [("X", 3.0)] == read_orders(tmp_path).rows("item_id", "unit_price::double")


def test_a_record_of_several_lines_may_have_blanks_too(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_bytes(HEADER + LINE % b'"X\n\xe2\x80\xa8Y" ' + LINE % b"A")
    got = read_orders(tmp_path)
    assert ["A", "X\n\u2028Y"] == got.column("item_id")
    assert {"header": 1, "continuation_line": 1} == got.account.filtered


@given(
    st.lists(st.text(st.sampled_from('ab,;" \n'), max_size=6), min_size=1, max_size=4), st.data()
)
def test_a_well_formed_record_keeps_its_fields(fields: list[str], data: st.DataObject) -> None:
    blanks = st.sampled_from(["", " ", "  "])
    cells = ['"' + field.replace('"', '""') + '"' for field in fields]
    record = ",".join(data.draw(blanks) + cell + data.draw(blanks) for cell in cells) + "\n"
    assert [fields] == list(csv.reader([without_blanks(record, ",", '"')], strict=True))


@given(st.text(st.sampled_from('ab,;" \r\n'), max_size=20))
def test_only_blanks_go(record: str) -> None:
    left = without_blanks(record, ",", '"')
    assert record.replace(" ", "") == left.replace(" ", "")
    assert left == without_blanks(left, ",", '"')
