"""Files that went bad: each line is a row, a reject with its reason, or counted; or it stops."""

from pathlib import Path

import pytest

from pipeline.errors import DataError, StorageError
from tests.mutations import FAULTS, mutated, orders
from tests.sources import Read, Rows, read_orders

COLUMNS = ("order_id", "customer_id", "item_id", "ordered_at", "quantity", "unit_price")
FAST = 2 * len(FAULTS)


def read(folder: Path, content: bytes) -> Read:
    (folder / "orders.csv").write_bytes(content)
    return read_orders(folder)


def rows_of(folder: Path, content: bytes) -> Rows:
    return read(folder, content).rows(*COLUMNS)


def check_that_every_line_is_accounted_for(folder: Path, seed: int) -> None:
    content, faults = mutated(seed)
    try:
        got = read(folder, content)
    except (DataError, StorageError) as error:
        told = str(error)
        if not told.startswith("orders.csv") or "\n" in told:
            pytest.fail(f"{faults}: {told}")
        return
    account = got.account
    lines = content.count(b"\n") + (not content.endswith(b"\n") and bool(content))
    left = account.accepted + account.quarantined + sum(account.filtered.values())
    assert (lines, lines) == (account.lines, left), faults
    assert account.accepted == len(got.rows("order_id")), faults
    assert account.quarantined == len({line for _, line, _, _ in got.quarantine}), faults
    assert all(reason for _, _, reason, _ in got.quarantine), faults
    if not account.quarantined and content.endswith(b"\n"):
        # One bad line more, and the file is read line by line: the others stay as they are.
        assert got.rows(*COLUMNS) == rows_of(folder, content + b"bad\n"), faults


@pytest.mark.parametrize("seed", range(FAST))
def test_a_mutated_file_is_accounted_for_or_refused(tmp_path: Path, seed: int) -> None:
    check_that_every_line_is_accounted_for(tmp_path, seed)


@pytest.mark.deep
@pytest.mark.parametrize("first", range(FAST, 500, 20))
def test_hundreds_of_mutated_files_are_accounted_for_or_refused(tmp_path: Path, first: int) -> None:
    for seed in range(first, min(first + 20, 500)):
        check_that_every_line_is_accounted_for(tmp_path, seed)


def test_the_file_without_a_fault_is_read_whole(tmp_path: Path) -> None:
    got = read(tmp_path, orders())
    assert (24, 0, {"header": 1}) == (
        got.account.accepted,
        got.account.quarantined,
        got.account.filtered,
    )
