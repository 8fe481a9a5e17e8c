"""Pairs counted by the kernel: against plain Python, and against the SQL of the same tables."""

from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config.mining_options import AlsoBought, AlsoViewed
from pipeline.config.model import EngineOptions
from pipeline.mining import slices
from pipeline.mining.associations import build_also_bought, build_also_viewed
from pipeline.mining.kernels.pairs import PairCounts, count_pairs
from pipeline.mining.person_baskets import NOBODY
from pipeline.mining.window import Window
from pipeline.names import ALSO_BOUGHT, ALSO_VIEWED
from tests.shops import Shop, drawn_sales, load_shop, rows_of, shop_engine, shops
from tests.tables import instant

WINDOW = Window(instant("1d"), instant("9d"))

Line = tuple[int, int]
Basket = tuple[int, list[Line]]
"""A person, and items with the time they came."""


def counted(
    baskets: list[Basket], min_pair_count: int, *, is_timed: bool = True, threads: int = 1
) -> PairCounts:
    """Count the pairs of baskets."""
    lines = [line for _, basket in baskets for line in sorted(basket)]
    offsets = np.cumsum([0, *(len(basket) for _, basket in baskets)])
    times = np.array([at for _, at in lines], dtype=np.int64)
    return count_pairs(
        offsets.astype(np.int64),
        np.array([item for item, _ in lines], dtype=np.int32),
        np.array([person for person, _ in baskets], dtype=np.int64),
        times if is_timed else None,
        min_pair_count=min_pair_count,
        threads=threads,
    )


def by_hand(baskets: list[Basket], min_pair_count: int) -> dict[tuple[int, int], list[int]]:
    """Count joint, forward and backward baskets of each pair, and the persons of each."""
    found: dict[tuple[int, int], list[list[int]]] = {}
    for person, basket in baskets:
        for (left, left_at), (right, right_at) in combinations(sorted(basket), 2):
            people = found.setdefault((left, right), [[], [], []])
            people[0].append(person)
            if left_at != right_at:
                people[1 if left_at < right_at else 2].append(person)
    return {
        pair: [count for rows in people for count in (len(rows), len(set(rows) - {NOBODY}))]
        for pair, people in found.items()
        if len(people[0]) >= min_pair_count
    }


def as_dictionary(counts: PairCounts) -> dict[tuple[int, int], list[int]]:
    """Return counts by pair; a repeated pair fails."""
    columns = (
        counts.joint, counts.persons, counts.forward, counts.forward_persons,
        counts.backward, counts.backward_persons,
    )  # fmt: skip
    pairs = list(zip(counts.left.tolist(), counts.right.tolist(), strict=True))
    assert len(pairs) == len(set(pairs))
    return dict(zip(pairs, np.column_stack(columns).tolist(), strict=True))


def baskets_of_people() -> st.SearchStrategy[list[Basket]]:
    """Draw baskets of few items, people and times."""
    people = st.sampled_from([NOBODY, -2, -1, 0, 1, 2])
    lines = st.dictionaries(st.integers(0, 7), st.integers(0, 3), min_size=1)
    return st.lists(
        st.tuples(people, lines.map(lambda basket: list(basket.items()))),
        max_size=20,
    )


def test_three_baskets_worked_by_hand() -> None:
    baskets = [
        (7, [(0, 1), (1, 2), (4, 2)]),  # 1 and 4 at the same time
        (7, [(0, 5), (1, 3)]),
        (NOBODY, [(0, 1), (1, 9)]),
    ]
    expected = {
        (0, 1): [3, 1, 2, 1, 1, 1],
        (0, 4): [1, 1, 1, 1, 0, 0],
        (1, 4): [1, 1, 0, 0, 0, 0],
    }
    assert expected == as_dictionary(counted(baskets, 1))


def test_no_baskets_hold_no_pairs() -> None:
    assert as_dictionary(counted([], 1)) == {}


def test_baskets_of_one_item_hold_no_pairs() -> None:
    assert as_dictionary(counted([(1, [(5, 0)]), (2, [(5, 0)])], 1)) == {}


@given(baskets=baskets_of_people(), min_pair_count=st.integers(1, 4), threads=st.integers(1, 3))
def test_random_baskets_agree_with_counting_by_hand(
    baskets: list[Basket], min_pair_count: int, threads: int
) -> None:
    counts = counted(baskets, min_pair_count, threads=threads)
    assert by_hand(baskets, min_pair_count) == as_dictionary(counts)


@pytest.mark.parametrize("is_timed", [True, False])
@pytest.mark.parametrize("people", [(1, 1, 2), (NOBODY, NOBODY, NOBODY)])
def test_thousands_of_pairs_are_counted_like_few(
    *, is_timed: bool, people: tuple[int, ...]
) -> None:
    # More than there is room for at first: one basket has 90 items, two have 60 of these.
    sizes, times = (90, 60, 60), (1, 3, 2) if is_timed else (1, 1, 1)
    baskets = [
        (person, [(item, item % time) for item in range(size)])
        for person, size, time in zip(people, sizes, times, strict=True)
    ]
    counts = as_dictionary(counted(baskets, 1, is_timed=is_timed))
    assert len(counts) == 90 * 89 // 2
    assert by_hand(baskets, 1) == counts
    assert by_hand(baskets, 3) == as_dictionary(counted(baskets, 3, is_timed=is_timed))


@given(
    baskets=baskets_of_people(),
    min_pair_count=st.integers(1, 4),
    person_of=st.sampled_from(
        [lambda person, _: person, lambda *_: NOBODY, lambda _, place: place]
    ),
)
def test_times_change_neither_joint_counts_nor_persons(
    baskets: list[Basket], min_pair_count: int, person_of: Callable[[int, int], int]
) -> None:
    baskets = [(person_of(person, at), lines) for at, (person, lines) in enumerate(baskets)]
    timed, untimed = (counted(baskets, min_pair_count, is_timed=timed) for timed in (True, False))
    assert timed.joint.tolist() == untimed.joint.tolist()
    assert timed.persons.tolist() == untimed.persons.tolist()


@given(baskets=baskets_of_people())
def test_threads_change_not_even_the_order(baskets: list[Basket]) -> None:
    one, many = counted(baskets, 1), counted(baskets, 1, threads=3)
    assert one.left.tolist() == many.left.tolist()
    assert one.right.tolist() == many.right.tolist()


def rows_by(pair_counts: Any, shop: Shop, wanted: AlsoBought | AlsoViewed) -> list[Any]:
    """Build an association table with one way of counting and return its rows."""
    engine, resources = shop_engine(), EngineOptions(threads=1, pair_counts=pair_counts)
    load_shop(engine, shop)
    if isinstance(wanted, AlsoBought):
        build_also_bought(engine, wanted, WINDOW, "sku", resources=resources)
        return rows_of(engine, "also_bought", *ALSO_BOUGHT.column_names)
    build_also_viewed(engine, wanted, WINDOW, "sku", resources=resources)
    return rows_of(engine, "also_viewed", *ALSO_VIEWED.column_names)


@given(
    shop=shops(),
    wanted=st.builds(
        AlsoBought,
        grain=st.sampled_from(["customer", "customer_day", "order"]),
        min_item_count=st.just(1),
        min_pair_count=st.integers(1, 2),
        min_customers=st.integers(1, 2),
        min_lift=st.just(0.0),
        max_q_value=st.sampled_from([None, 0.9137]),
    ),
)
def test_kernel_and_sql_give_the_same_also_bought(shop: Shop, wanted: AlsoBought) -> None:
    assert rows_by("sql", shop, wanted) == rows_by("kernel", shop, wanted)


@given(
    shop=shops(),
    wanted=st.builds(
        AlsoViewed,
        grain=st.sampled_from(["session", "visitor_day"]),
        min_item_count=st.just(1),
        min_pair_count=st.integers(1, 2),
        min_visitors=st.integers(1, 2),
        min_lift=st.just(0.0),
        max_q_value=st.sampled_from([None, 0.9137]),
        after_only=st.booleans(),
    ),
)
def test_kernel_and_sql_give_the_same_also_viewed(shop: Shop, wanted: AlsoViewed) -> None:
    assert rows_by("sql", shop, wanted) == rows_by("kernel", shop, wanted)


@pytest.mark.parametrize("pair_counts", ["kernel", "sql"])
def test_an_order_that_names_two_customers_counts_the_one_of_the_source_line(
    pair_counts: str,
) -> None:
    lines = drawn_sales("""
        order | customer | item | at
        1     | ann      | A    | 3d
        1     | bob      | B    | 3d
        2     | bob      | A    | 3d
        2     | ann      | B    | 3d
        3     | ann      | A    | 3d
        3     | ann      | B    | 3d
    """)
    wanted = AlsoBought(
        grain="order",
        min_item_count=1,
        min_pair_count=1,
        min_customers=1,
        min_lift=0.0,
        max_q_value=None,
    )
    rows_by(pair_counts, Shop(lines), wanted)
    columns = ("source_item_id", "joint_count", "customer_count")
    assert rows_of(shop_engine(), "also_bought", *columns) == [("A", 3, 2), ("B", 3, 2)]


def test_sql_counts_the_same_in_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = drawn_sales("""
        order | customer | item | at
        1     | ann      | A    | 3d
        1     | ann      | B    | 3d
        2     | bob      | A    | 3d
        2     | bob      | B    | 3d
        2     | bob      | C    | 3d
    """)
    wanted = AlsoBought(
        min_item_count=1, min_pair_count=1, min_customers=1, min_lift=0.0, max_q_value=None
    )
    expected = rows_by("kernel", Shop(lines), wanted)
    monkeypatch.setattr(slices, "ROWS_PER_SLICE", 1)
    monkeypatch.setattr("pipeline.mining.pair_tables.PAIR_ROWS_PER_GROUP", 1)
    assert expected == rows_by("sql", Shop(lines), wanted)
