"""Events: which of them are views of whom, in which session, and who is no person."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.mining.cleaning import allowed_above
from tests.sources import EVENT_COLUMNS, FEWER, ORDER_COLUMNS, Cleaned, clean, csv_text

TIME = {"formats": ["%Y-%m-%d %H:%M:%S", "%H:%M:%S", "%H:%M"]}
ORDERS = """
    order | customer | item | at    | quantity | price
    1     | ann      | A    | 12:00 | 1        | 1
"""


def clean_events(folder: Path, drawn: str, orders: str = ORDERS, **sections: Any) -> Cleaned:
    """Clean drawn events: visitor, item, at; customer, session and type where they are drawn."""
    (folder / "orders.csv").write_bytes(csv_text(orders))
    (folder / "log.csv").write_bytes(csv_text(drawn))
    header = [cell.strip() for cell in drawn.strip().splitlines()[0].split("|")]
    others = {"customer_id": "customer", "session_id": "session", "event_type": "type"}
    columns = {name: at for name, at in {**EVENT_COLUMNS, **others}.items() if at in header}
    given_orders = {"files": "orders.csv", "columns": ORDER_COLUMNS, "timestamps": TIME}
    events = {"files": "log.csv", "columns": columns, "timestamps": TIME, **sections}
    return clean(folder, {"orders": given_orders, "events": events, "item_level": "sku"})


def outcome(cleaned: Cleaned) -> tuple[int, int, dict[str, int]]:
    """Return accepted events, duplicates, and events left out by reason, without the header."""
    account = cleaned.accounts["events"]
    left_out = {reason: count for reason, count in account.filtered.items() if reason != "header"}
    return account.accepted, account.duplicates, left_out


def sessions(cleaned: Cleaned) -> list[list[str]]:
    """Return the viewed items of each session, in time order."""
    rows = cleaned.query(
        "select list(item_id order by viewed_at, item_id) from views "
        "join items using (item_code) group by session_code order by min(viewed_at), 1"
    )
    return [items for (items,) in rows]


def test_without_types_every_event_is_a_view(tmp_path: Path) -> None:
    got = clean_events(
        tmp_path,
        """
        visitor | item | at
        v       | A    | 10:00
        w       | B    | 10:00
        """,
    )
    assert (2, 0, {}) == outcome(got)
    assert [["A"], ["B"]] == sessions(got)


def test_a_type_decides_what_an_event_is(tmp_path: Path) -> None:
    got = clean_events(
        tmp_path,
        """
        visitor | item | at    | type
        v       | A    | 10:00 | view
        v       | A    | 10:01 | cart
        v       | A    | 10:02 | purchase
        v       | A    | 10:03 | search
        v       | A    | 10:04 | -
        v       | -    | 10:05 | view
        """,
    )
    assert (3, 0, {"other_event_type": 2, "missing_item": 1}) == outcome(got)
    assert [(1,)] == got.query("select count(*) from views")


def test_a_session_ends_with_its_last_event_of_any_type(tmp_path: Path) -> None:
    got = clean_events(
        tmp_path,
        """
        visitor | item | at    | type
        v       | A    | 10:00 | view
        v       | A    | 10:20 | purchase
        """,
    )
    gap = "select (ended_at - viewed_at) / 60000000 from sessions join views using (session_code)"
    assert [(20,)] == got.query(gap)


@pytest.mark.parametrize(
    ("second", "minutes", "expected"),
    [
        ("10:29:59", 30, [["A", "B"]]),
        ("10:30:00", 30, [["A"], ["B"]]),  # a pause of exactly the gap opens a new session
        ("10:04:59", 5, [["A", "B"]]),
        ("10:05:00", 5, [["A"], ["B"]]),
    ],
)
def test_a_pause_of_the_gap_opens_a_session(
    tmp_path: Path, second: str, minutes: int, expected: list[list[str]]
) -> None:
    drawn = f"""
        visitor | item | at
        v       | A    | 10:00:00
        w       | C    | 10:15:00
        v       | B    | {second}
    """
    got = clean_events(tmp_path, drawn, session_gap_minutes=minutes)
    assert sorted([*expected, ["C"]]) == sorted(sessions(got))


def test_midnight_does_not_end_a_session_and_events_at_once_share_it(tmp_path: Path) -> None:
    got = clean_events(
        tmp_path,
        """
        visitor | item | at
        v       | A    | 2011-01-01 23:50:00
        v       | B    | 2011-01-01 23:50:00
        v       | C    | 2011-01-02 00:10:00
        v       | D    | 2011-01-02 00:40:00
        v       | E    | 2011-01-02 00:40:00
        """,
    )
    assert [["A", "B", "C"], ["D", "E"]] == sessions(got)


def test_a_session_id_of_the_log_is_kept_whatever_the_pause(tmp_path: Path) -> None:
    got = clean_events(
        tmp_path,
        """
        visitor | session | item | at
        v       | s       | A    | 10:00
        v       | t       | B    | 10:01
        v       | s       | C    | 15:00
        w       | s       | D    | 10:00
        """,
    )
    # An id is one session of one visitor.
    assert [["A", "C"], ["B"], ["D"]] == sorted(sessions(got))


MINUTES = st.lists(st.integers(0, 90), max_size=8)


@FEWER
@given(st.lists(MINUTES, max_size=12))
def test_sessions_are_those_of_a_naive_cut(
    tmp_path_factory: pytest.TempPathFactory, visitors: list[list[int]]
) -> None:
    lines, expected = [], []
    for visitor, minutes in enumerate(visitors):
        lines += [f"v{visitor} | A | {10 + at // 60}:{at % 60:02d}" for at in minutes]
        last = None
        for at in sorted(minutes):
            if last is None or at - last >= 30:
                expected.append(0)
            expected[-1] += 1
            last = at
    drawn = "visitor | item | at\n" + "\n".join(lines)
    got = clean_events(tmp_path_factory.mktemp("cut"), drawn)
    counts = got.query("select count(*) from views group by session_code order by 1")
    assert sorted(expected) == [count for (count,) in counts]


def persons(cleaned: Cleaned) -> list[tuple[Any, ...]]:
    """Return item and customer of each view."""
    return cleaned.query(
        "select item_id, customer_id from views join items using (item_code) "
        "left join customers on visitor_code = customer_code order by all nulls last"
    )


def test_a_visitor_with_one_customer_is_that_customer_in_every_event(tmp_path: Path) -> None:
    got = clean_events(
        tmp_path,
        """
        visitor | customer | item | at
        v       | -        | A    | 10:00
        v       | ann      | B    | 11:00
        w       | -        | C    | 10:00
        """,
    )
    assert [("A", "ann"), ("B", "ann"), ("C", None)] == persons(got)


def test_a_visitor_with_several_customers_is_known_only_where_one_is_named(tmp_path: Path) -> None:
    got = clean_events(
        tmp_path,
        """
        visitor | customer | item | at
        v       | -        | A    | 10:00
        v       | ann      | B    | 10:01
        v       | bob      | C    | 10:02
        """,
    )
    assert [("A", None), ("B", "ann"), ("C", "bob")] == persons(got)


def test_a_visitor_who_is_no_customer_has_a_code_that_no_customer_has(tmp_path: Path) -> None:
    got = clean_events(
        tmp_path,
        """
        visitor | item | at
        ann     | A    | 10:00
        w       | A    | 10:00
        """,
    )
    # A visitor id is no customer id, even where their texts are equal.
    sql = "select count(distinct visitor_code), max(visitor_code) < 0 from views"
    assert [(2, True)] == got.query(sql)


def test_numbers_as_ids_of_visitors_and_customers_do_not_meet(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    at = pa.array([0, 1, 2, 3], pa.timestamp("s"))
    visitors = {"visitor": [5, 6, 7, None], "customer": [None, 5, None, 7]}
    log = {**visitors, "session": [1, 2, 3, 4], "item": [1, 1, 1, 1], "at": at}
    pq.write_table(pa.table(log), tmp_path / "log.parquet")
    pq.write_table(
        pa.table({"order": [1], "customer": [5], "item": [1], "at": at[:1]}),
        tmp_path / "orders.parquet",
    )
    wanted = ("order_id", "customer_id", "item_id", "ordered_at")
    columns = {**EVENT_COLUMNS, "customer_id": "customer", "session_id": "session"}
    got = clean(
        tmp_path,
        {
            "orders": {
                "files": "orders.parquet",
                "columns": {name: ORDER_COLUMNS[name] for name in wanted},
            },
            "events": {"files": "log.parquet", "columns": columns},
        },
    )
    # Visitor 5 is nobody known; visitor 6 is customer 5; without a visitor, customer 7 is one.
    assert [("1", "5"), ("1", "7"), ("1", None), ("1", None)] == persons(got)
    assert [(4,)] == got.query("select count(distinct visitor_code) from views")


def test_duplicate_events_stay_unless_the_option_drops_them(tmp_path: Path) -> None:
    drawn = """
        visitor | item | at
        v       | A    | 10:00
        v       | A    | 10:00
        v       | B    | 10:00
    """
    assert (3, 0, {}) == outcome(clean_events(tmp_path, drawn))
    assert (2, 1, {}) == outcome(clean_events(tmp_path, drawn, drop_duplicates=True))


def many(visitor: str, items: int, events: int = 1, at: str = "10:00:00") -> list[str]:
    return [f"{visitor} | {n} | {at}" for n in range(items)] * events


def drawn_events(*groups: list[str]) -> str:
    return "visitor | item | at\n" + "\n".join(line for group in groups for line in group)


def test_more_events_than_allowed_on_one_day_make_a_bot(tmp_path: Path) -> None:
    days = ("2011-01-01 10:00:00", "2011-01-02 10:00:00")
    drawn = drawn_events(
        many("bot", 2, 2, days[0]), many("person", 1, 3, days[0]), many("person", 1, 3, days[1])
    )
    got = clean_events(tmp_path, drawn, bots={"max_events_per_day": 3})
    assert (6, 0, {"bot": 4}) == outcome(got)
    assert [(6,)] == got.query("select count(*) from views")


WIDE = drawn_events(
    many("w1", 9),
    many("w2", 7),
    many("w3", 7),
    many("w4", 5),
    *(many(f"p{n}", 1) for n in range(16)),
)  # 20 visitors


@pytest.mark.parametrize(
    ("quantile", "min_items", "bot_events"),
    [
        (0.95, 1, 9),  # one of 20 may lie above: w1
        (0.90, 1, 9),  # two may, but w2 and w3 are equal: both would be three
        (0.85, 1, 23),  # w1, w2, w3
        (0.80, 1, 28),  # and w4
        (0.80, 5, 23),  # who has no more than min_items
        (0.80, 7, 9),
        (1.0, 1, 0),
    ],
)
def test_visitors_above_the_quantile_of_items_without_an_order_are_bots(
    tmp_path: Path, quantile: float, min_items: int, bot_events: int
) -> None:
    bots = {"item_quantile": quantile, "min_items": min_items}
    account = clean_events(tmp_path, WIDE, bots=bots).accounts["events"]
    assert bot_events == account.filtered.get("bot", 0)


def test_a_visitor_who_ever_bought_is_no_bot_by_items(tmp_path: Path) -> None:
    lines = [line.replace("w1 |", "w1 | ann |") for line in WIDE.splitlines()]
    lines = [line if "| ann |" in line else line.replace(" |", " | - |", 1) for line in lines]
    drawn = "\n".join(["visitor | customer | item | at", *lines[1:]])
    bots = {"item_quantile": 0.95, "min_items": 1}
    assert (44, 0, {}) == outcome(clean_events(tmp_path, drawn, bots=bots))
    returned = ORDERS + "    1 | bob | B | 12:00 | 1 | 1\n"
    gift = returned.replace("| 1        | 1", "| 1        | 0")
    only_sent_back = returned.replace("| 1        | 1", "| -1       | 1")
    for orders in (gift, only_sent_back):
        got = clean_events(tmp_path, drawn, orders=orders, bots=bots)
        assert (35, 0, {"bot": 9}) == outcome(got)


def test_bots_stay_by_option(tmp_path: Path) -> None:
    bots = {"drop": False, "max_events_per_day": 1, "item_quantile": 0.5, "min_items": 1}
    assert (44, 0, {}) == outcome(clean_events(tmp_path, WIDE, bots=bots))


@pytest.mark.parametrize(
    ("quantile", "visitors", "allowed"),
    [(0.995, 199, 0), (0.995, 200, 1), (0.995, 1000, 5), (0.9, 10, 1), (1.0, 10, 0)],
)
def test_the_allowed_number_above_a_quantile_is_exact(
    quantile: float, visitors: int, allowed: int
) -> None:
    assert allowed == allowed_above(quantile, visitors)


def test_non_products_are_no_views(tmp_path: Path) -> None:
    drawn = """
        visitor | item | at
        v       | A    | 10:00
        v       | post | 10:00
    """
    (tmp_path / "log.csv").write_bytes(csv_text(drawn))
    (tmp_path / "orders.csv").write_bytes(csv_text(ORDERS))
    orders = {
        "files": "orders.csv", "columns": ORDER_COLUMNS, "timestamps": TIME,
        "non_products": {"item_ids": ["POST"]},
    }  # fmt: skip
    events = {"files": "log.csv", "columns": EVENT_COLUMNS, "timestamps": TIME}
    got = clean(tmp_path, {"orders": orders, "events": events})
    assert (1, 0, {"non_product": 1}) == outcome(got)


def test_one_log_can_be_both_browse_log_and_orders(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_bytes(
        csv_text(
            """
            visitor | item | at    | type     | price
            v       | A    | 10:00 | view     | -
            v       | A    | 10:05 | purchase | 3
            v       | B    | 10:05 | purchase | 4
            v       | B    | 10:06 | search   | -
            """
        )
    )
    columns = {"order_id": ["visitor", "at"], "customer_id": "visitor", "item_id": "item"}
    orders = {
        "from_events": True, "columns": {**columns, "ordered_at": "at", "unit_price": "price"},
    }  # fmt: skip
    events = {
        "files": "log.csv", "timestamps": TIME,
        "columns": {**EVENT_COLUMNS, "customer_id": "visitor", "event_type": "type"},
    }  # fmt: skip
    got = clean(tmp_path, {"orders": orders, "events": events})
    assert [("v", "A", 1, 3), ("v", "B", 1, 4)] == got.sales
    assert [("A", "v")] == persons(got)
    assert {"header": 1, "other_event_type": 2} == got.left_out
    assert (3, 0, {"other_event_type": 1}) == outcome(got)
