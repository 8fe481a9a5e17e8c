"""Arrays that stand in for steps of SQL: against counting and sorting in plain Python."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.io.memory_share import database_share
from pipeline.mining.baskets import order_of
from pipeline.mining.repeated_lines import repeated

LINES = st.lists(
    st.tuples(st.sampled_from([0, 1, 2, 1 << 40, (1 << 61) - 1]), st.integers(-1, 3)), max_size=30
)


@given(lines=LINES)
def test_repeated_lines_are_those_that_stand_there_more_than_once(
    lines: list[tuple[int, int]],
) -> None:
    orders = np.array([order for order, _ in lines], np.int64)
    skus = np.array([sku for _, sku in lines], np.int32)
    expected = sorted(line for line, count in Counter(lines).items() if count > 1)
    found = repeated(orders, skus)
    assert expected == list(zip(*(column.tolist() for column in found), strict=True))


def test_an_order_too_large_to_pack_keeps_its_code() -> None:
    largest = (1 << 61) - 1
    orders, skus = np.array([largest, 5, largest]), np.array([40, 40, 40], np.int32)
    found = repeated(orders, skus)
    assert [[largest], [40]] == [column.tolist() for column in found]


@given(codes=st.lists(st.integers(0, 5) | st.integers(0, 2**31 - 1)))
def test_codes_are_put_in_order_as_by_a_stable_sort(codes: list[int]) -> None:
    expected = sorted(range(len(codes)), key=codes.__getitem__)
    assert expected == order_of(np.array(codes, np.int32)).tolist()


@pytest.mark.parametrize(
    ("limit", "share"),
    [("512MB", 256_000_000), ("1 GiB", 1 << 29), ("2GB", 10**9), ("0.5TB", 499 * 10**9)],
)
def test_the_database_leaves_a_gigabyte_to_arrays_or_takes_half(limit: str, share: int) -> None:
    assert f"{share}B" == database_share(limit)
