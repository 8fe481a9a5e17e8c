"""Ids become numbers: whole numbers stand for themselves, anything else gets a code."""

from contextlib import closing
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.io.duckdb_engine import DuckDBEngine
from pipeline.io.ids import LARGEST_PERSON, encode_ids

Rows = list[tuple[Any, ...]]


def encoded(orders: Rows, events: Rows, *, has_sessions: bool = True) -> tuple[Rows, Rows, Rows]:
    """Encode orders (order, customer) and events (visitor, customer, session).

    Returns:
        The order rows, the event rows and the customers, sorted.
    """
    with closing(DuckDBEngine(1)) as engine:
        load(engine, "order_rows", ["order_id", "customer_id"], orders)
        load(engine, "event_rows", ["visitor_id", "customer_id", "session_id"], events)
        encode_ids(engine, has_sessions=has_sessions)
        return (
            sorted(engine.run("select order_id, customer_id from order_rows")),
            sorted(engine.run("select visitor_id, customer_id, session_id from event_rows")),
            sorted(engine.run("select customer_code, customer_id from customers")),
        )


def load(engine: DuckDBEngine, table: str, names: list[str], rows: Rows) -> None:
    """Load rows of text or of numbers."""
    engine.load(table, pa.table([pa.array(column) for column in zip(*rows, strict=True)], names))


def test_whole_numbers_stand_for_themselves() -> None:
    orders, events, customers = encoded([(70, 5), (71, 6)], [(900, 5, 1), (901, 7, 2)])
    assert [(70, 5), (71, 6)] == orders
    assert [(900, 5, 1), (901, 7, 2)] == events
    assert [(5, "5"), (6, "6"), (7, "7")] == customers


def test_texts_get_codes_in_their_order() -> None:
    orders, events, customers = encoded([("b", "eve"), ("a", "ann")], [("v", "ann", "s")])
    assert [(1, "ann"), (2, "eve")] == customers
    assert [(1, 1), (2, 2)] == orders
    assert [(1, 1, 1)] == events


@pytest.mark.parametrize("kind", [int, str])
def test_a_session_id_of_two_visitors_is_two_sessions(kind: type) -> None:
    rows = [
        (kind(visitor), kind(5), kind(session)) for visitor, session in [(8, 1), (9, 1), (9, 2)]
    ]
    _, events, _ = encoded([(kind(1), kind(5))], rows)
    assert 3 == len({session for *_, session in events})


@pytest.mark.parametrize("far", [10, (1 << 61) - 1])
@given(sessions=st.lists(st.tuples(st.integers(-2, 3), st.integers(-2, 2)), max_size=12))
def test_sessions_of_one_visitor_each_keep_their_numbers(
    far: int, sessions: list[tuple[int, int]]
) -> None:
    rows = [(visitor, 5, session) for session, visitor in [*sessions, (far, 2)]]
    _, events, _ = encoded([(1, 5)], rows)
    is_shared = len(set(sessions)) > len({session for session, _ in sessions})
    assert is_shared == (sorted(rows) != events)
    assert len({(session, visitor) for visitor, _, session in rows}) == len(
        {session for *_, session in events}
    )


@pytest.mark.parametrize("person", [-1, LARGEST_PERSON])
def test_customers_beyond_the_room_for_days_get_codes(person: int) -> None:
    orders, events, customers = encoded([(1, person)], [(3, person, 4)])
    assert [(1, str(person))] == customers
    assert [(1, 1)] == orders
    assert [(3, 1, 4)] == events


def test_visitors_get_small_codes_where_sessions_are_yet_to_be_cut() -> None:
    rows = [(visitor, 5, None) for visitor in (10**11, 10**11 + 7)]
    _, events, _ = encoded([(1, 5)], rows, has_sessions=False)
    assert [1, 2] == [visitor for visitor, *_ in events]
