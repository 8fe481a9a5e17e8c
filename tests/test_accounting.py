"""Every physical line is accounted for, whatever the files hold."""

import gzip
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.accounting import Account
from pipeline.errors import AccountingError
from tests.sources import FEWER, ORDER_COLUMNS, clean

HEADER = b"order,customer,item,at,quantity,price\n"
GOOD = [
    b"1,ann,A,2011-01-01 10:00:00,2,1.50\n",
    b"1,ann,B,2011-01-01 10:00:00,1,3\n",
    b"2,bob,A,2011-01-02 10:00:00,5,1.50\n",
    b"2,bob,A,2011-01-02 10:00:00,5,1.50\n",
    b"3,ann,A,2011-01-03 10:00:00,-1,1.50\n",
    b"4,,A,2011-01-03 10:00:00,1,0\n",
]
DAMAGE = [b'"', b",", b"\n", b"\r", b"\r\n", b"\0", b"\xff", b"-", b"x", b"\xef\xbb\xbf"]


def test_lines_are_the_sum_of_what_became_of_them() -> None:
    account = Account("orders", 10, 5, 1, duplicates=1, filtered={"header": 1, "zero_price": 2})
    assert account is account.check()


@pytest.mark.parametrize("lines", [9, 11])
def test_a_line_lost_or_counted_twice_is_an_error(lines: int) -> None:
    account = Account("orders", lines, 5, 1, duplicates=1, filtered={"header": 1, "x": 2})
    message = f"orders: {lines} lines were read but 10 are accounted for"
    with pytest.raises(AccountingError, match=message) as error:
        account.check()
    assert 65 == error.value.exit_code


def mutated(content: bytes, damages: list[tuple[int, int, bytes]]) -> bytes:
    for at, length, damage in damages:
        place = at % (len(content) + 1)
        content = content[:place] + damage + content[place + length :]
    return content


@FEWER
@given(
    st.lists(st.sampled_from(GOOD), max_size=12),
    st.lists(
        st.tuples(st.integers(0, 10**6), st.integers(0, 2), st.sampled_from(DAMAGE)), max_size=4
    ),
    st.sampled_from(["orders.csv", "orders.csv.gz"]),
)
def test_the_lines_of_a_damaged_file_add_up(
    tmp_path_factory: pytest.TempPathFactory,
    lines: list[bytes],
    damages: list[tuple[int, int, bytes]],
    name: str,
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    content = HEADER + mutated(b"".join(lines), damages)
    packed = gzip.compress(content) if name.endswith(".gz") else content
    (folder / name).write_bytes(packed)
    orders = {"files": name, "columns": ORDER_COLUMNS}
    got = clean(folder, {"orders": orders, "input": {"max_reject_share": 1}})
    account = got.accounts["orders"].check()
    assert len(re.findall(rb"[^\n]*\n|[^\n]+$", content)) == account.lines
    assert account.accepted == got.query("select count(*) from sale_lines")[0][0]
    assert account.quarantined == got.query("select count(*) from quarantine")[0][0]
    assert account.quarantined <= 2 * sum(1 + damage.count(b"\n") for *_, damage in damages)


@FEWER
@given(st.lists(st.sampled_from(GOOD), max_size=12), st.integers(0, 12))
def test_one_bad_line_costs_no_other(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], place: int
) -> None:
    folder = tmp_path_factory.mktemp("bad")
    bad = b'9,eve,"open,2011-01-01 10:00:00,1,1\n'
    orders = {"files": "orders.csv", "columns": ORDER_COLUMNS}
    sales = []
    for content in (lines, [*lines[:place], bad, *lines[place:]]):
        (folder / "orders.csv").write_bytes(HEADER + b"".join(content))
        got = clean(folder, {"orders": orders, "input": {"max_reject_share": 1}})
        sales.append(got.sales)
    assert sales[0] == sales[1]
    assert 1 == got.accounts["orders"].quarantined
