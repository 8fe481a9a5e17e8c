"""Give every id a number, once, so that all later joins and groups are on numbers.

Ids that are whole numbers already stand for themselves: nothing is copied for them.
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from pipeline.io.bounds import Bounds, bounds_of
from pipeline.io.duckdb_engine import DuckDBEngine
from pipeline.io.item_keys import KEYS, add_keys, create_keys
from pipeline.io.session_owners import have_one_text_each, have_one_visitor_each

# A code times 10,000,000 (days) or 4,000,000 (sessions) has to fit 64 bits.
LARGEST_PERSON = 1 << 39
LARGEST_KEY = 1 << 61

_WITH_CUSTOMERS = ("order_rows", "event_rows")
_TABLES = (*_WITH_CUSTOMERS, "catalogue_rows")


def encode_ids(engine: DuckDBEngine, *, has_sessions: bool) -> None:
    """Turn the ids of orders, customers, visitors, sessions and items into numbers.

    Afterwards the tables of rows hold whole numbers under the names of the ids; codes
    of customers and orders are not negative, and a session's code is its own among all visitors.
    `customers` has one row per customer: customer_code BIGINT, customer_id VARCHAR.
    `item_id_keys` says what item ids were, unless they were whole numbers.

    Args:
        engine: Holds `order_rows`, `event_rows` and `catalogue_rows`.
        has_sessions: Whether the browse log has session ids. Sessions cut later need visitors
            with small codes.
    """
    replaced = {table: _encode_items(engine, table) for table in _TABLES}
    orders = bounds_of(engine, "order_rows", ("order_id", "customer_id"))
    events = bounds_of(engine, "event_rows", ("visitor_id", "customer_id", "session_id"))
    if _encode_customers(engine, [orders["customer_id"], events["customer_id"]]):
        replaced["order_rows"].append("customer_id")
        replaced["event_rows"].append("customer_id")
    if not orders["order_id"].are_within(0, LARGEST_KEY):
        _list_keys(engine, "order_rows", "order_id")
        replaced["order_rows"].append("order_id")
    if has_sessions and not _are_own(engine, events["session_id"], events["visitor_id"]):
        _list_sessions(engine)
        replaced["event_rows"].append("session_id")
    is_small = events["visitor_id"].are_within(-2 * LARGEST_PERSON, LARGEST_PERSON)
    if not has_sessions or not is_small:
        _list_keys(engine, "event_rows", "visitor_id")
        replaced["event_rows"].append("visitor_id")
    for table, columns in replaced.items():
        _replace(engine, table, columns)


def _encode_customers(engine: DuckDBEngine, bounds: Sequence[Bounds]) -> bool:
    """List the customers; return whether their ids have to be replaced."""
    if all(one.are_within(0, LARGEST_PERSON) for one in bounds):
        _list_numbers(engine, bounds)
        return False
    known = " union ".join(_each_customer(table, "varchar") for table in _WITH_CUSTOMERS)
    codes = "row_number() over (order by customer_id) as customer_code, customer_id"
    engine.run(f"create table customers as select {codes} from ({known})")
    engine.run(
        "create table customer_id_keys as select customer_id, customer_code as code from customers"
    )
    return True


def _each_customer(table: str, kind: str) -> str:
    return (
        f"select cast(customer_id as {kind}) as customer_id from {table} "
        "where customer_id is not null group by customer_id"
    )


def _list_numbers(engine: DuckDBEngine, bounds: Sequence[Bounds]) -> None:
    """List customers whose ids are whole numbers: by marks, where these lie close together."""
    first = min((one.low for one in bounds if one.low is not None), default=0)
    width = max((one.high for one in bounds if one.high is not None), default=-1) - first + 1
    if width > sum(engine.count(table) for table in _WITH_CUSTOMERS):
        known = " union ".join(_each_customer(table, "bigint") for table in _WITH_CUSTOMERS)
        codes = "customer_id as customer_code, cast(customer_id as varchar) as customer_id"
        engine.run(f"create table customers as select {codes} from ({known})")
        return
    marks = np.zeros(width, np.bool_)
    for table in _WITH_CUSTOMERS:
        sql = f"select customer_id from {table} where customer_id is not null"
        for batch in engine.batches(sql):
            marks[batch["customer_id"].to_numpy() - first] = True
    codes_found = pa.array(np.flatnonzero(marks) + first, pa.int64())
    ids = codes_found.cast(pa.string())
    engine.load("customers", pa.table({"customer_code": codes_found, "customer_id": ids}))


def _encode_items(engine: DuckDBEngine, table: str) -> list[str]:
    """List the items of a table; return which of its columns have to be replaced."""
    create_keys(engine)
    if engine.type_of(table, "item_id") != "VARCHAR":
        return []
    add_keys(engine, table)
    return ["item_id"]


def _list_keys(engine: DuckDBEngine, table: str, column: str) -> None:
    engine.run(
        f"create table {column}_keys as "
        f"select cast({column} as varchar) as {column}, "
        f"row_number() over (order by {column}) as code "
        f"from {table} where {column} is not null group by {column}"
    )


def _are_own(engine: DuckDBEngine, sessions: Bounds, visitors: Bounds) -> bool:
    """Return whether session ids are numbers and none of them stands for two visitors."""
    if not sessions.are_within(-LARGEST_KEY, LARGEST_KEY):
        return False
    if visitors.are_within(-LARGEST_KEY, LARGEST_KEY):
        return have_one_visitor_each(engine, sessions, visitors)
    return have_one_text_each(engine)


def _list_sessions(engine: DuckDBEngine) -> None:
    engine.run(
        "create table session_id_keys as "
        "select visitor_id, session_id, "
        "row_number() over (order by visitor_id, session_id) as code "
        "from event_rows group by visitor_id, session_id"
    )


def _replace(engine: DuckDBEngine, table: str, columns: Sequence[str]) -> None:
    """Put codes in place of the ids of some columns, in one pass over the table."""
    if not columns:
        return
    replaced = ", ".join(f"{column}_keys.code as {column}" for column in columns)
    joins = " ".join(_join(column) for column in columns)
    select = f"select given.* replace ({replaced}) from {table} as given {joins}"
    engine.run(f"create table coded_rows as {select}")
    engine.rename("coded_rows", table)
    kept = {KEYS} if table == "event_rows" else {KEYS, "customer_id_keys"}
    engine.drop(*(keys for column in columns if (keys := f"{column}_keys") not in kept))


def _join(column: str) -> str:
    keys = f"{column}_keys"
    if column == "session_id":
        same = f"given.visitor_id = {keys}.visitor_id and given.session_id = {keys}.session_id"
    else:
        same = f"cast(given.{column} as varchar) = {keys}.{column}"
    return f"left join {keys} on {same}"
