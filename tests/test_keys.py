"""Owners and items in one number: read, told apart and counted, against plain Python."""

from collections import Counter
from contextlib import closing

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.io.duckdb_engine import DuckDBEngine
from pipeline.mining import keys

WIDTH = 5
LINES = st.lists(st.tuples(st.integers(-3, 3), st.integers(0, WIDTH - 1)), max_size=40)
SQL = "select owner_code, item_code from lines"


@pytest.fixture(autouse=True)
def _short_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pieces end inside the drawn arrays."""
    monkeypatch.setattr(keys, "PIECE", 4)


def arrays_of(lines: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    owners, items = zip(*lines, strict=True) if lines else ((), ())
    return np.array(owners, np.int64), np.array(items, np.int32)


@given(lines=LINES)
def test_keys_in_order_give_each_owner_and_its_items_once(lines: list[tuple[int, int]]) -> None:
    packed = keys.packed(*arrays_of(lines), WIDTH)
    packed.sort()
    items, starts = keys.unpacked(keys.drop_repeats(packed), WIDTH)
    found = [part.tolist() for part in np.split(items, starts)[1:]]
    by_owner: dict[int, set[int]] = {}
    for owner, item in lines:
        by_owner.setdefault(owner, set()).add(item)
    assert [sorted(by_owner[owner]) for owner in sorted(by_owner)] == found


@given(lines=LINES)
def test_items_are_counted_alone_and_in_keys(lines: list[tuple[int, int]]) -> None:
    owners, items = arrays_of(lines)
    times = Counter(item for _, item in lines)
    expected = [times[item] for item in range(WIDTH)]
    assert expected == keys.counted(items, WIDTH).tolist()
    assert expected == keys.counted(keys.packed(owners, items, WIDTH), WIDTH).tolist()


@pytest.mark.parametrize("largest", [7, (1 << 62) - 1])
@pytest.mark.parametrize("kind", [pa.int32(), pa.int64()])
def test_rows_become_the_same_keys_as_arrays(largest: int, kind: pa.DataType) -> None:
    if kind == pa.int32() and largest > 7:
        largest = (1 << 31) - 1
    owners, items = [3, largest, -2, 3, largest], [4, 0, 1, 4, 3]
    with closing(DuckDBEngine(1)) as engine:
        rows = {"owner_code": pa.array(owners, kind), "item_code": pa.array(items, pa.int32())}
        engine.load("lines", pa.table(rows))
        found = keys.read_keys(engine, SQL, most=9, width=WIDTH)
        assert [(5,)] == engine.run("select count(*) from lines")  # no result is left unread
    expected = keys.packed(np.array(owners), np.array(items, np.int32), WIDTH)
    assert sorted(expected.tolist()) == sorted(found.tolist())


def test_the_width_is_one_more_than_the_largest_code() -> None:
    with closing(DuckDBEngine(1)) as engine:
        engine.load("lines", pa.table({"item_code": [2, 4, None]}))
        assert 5 == keys.width_of(engine, "lines")
        engine.load("lines", pa.table({"item_code": pa.array([], pa.int32())}))
        assert 0 == keys.width_of(engine, "lines")
