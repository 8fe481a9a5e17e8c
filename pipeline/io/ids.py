"""Give every id a number, once, so that all later joins and groups are on numbers.

Ids that are whole numbers already stand for themselves: nothing is copied for them.
"""

from collections.abc import Sequence

from pipeline.io.duckdb_engine import DuckDBEngine

# A code times 10,000,000 (days) or 4,000,000 (sessions) has to fit 64 bits.
LARGEST_PERSON = 1 << 39
LARGEST_KEY = 1 << 61


def encode_ids(engine: DuckDBEngine, *, has_sessions: bool) -> None:
    """Turn the ids of orders, customers, visitors and sessions into numbers, and list customers.

    Afterwards `order_rows` and `event_rows` hold BIGINT codes under the names of the ids; codes
    of customers and orders are not negative, and a session's code is its own among all visitors.
    `customers` has one row per customer: customer_code BIGINT, customer_id VARCHAR.

    Args:
        engine: Holds `order_rows` and `event_rows`.
        has_sessions: Whether the browse log has session ids. Sessions cut later need visitors
            with small codes.
    """
    replaced = {"order_rows": list[str](), "event_rows": list[str]()}
    if _encode_customers(engine):
        replaced["order_rows"].append("customer_id")
        replaced["event_rows"].append("customer_id")
    if not _is_number(engine, ["order_rows"], "order_id", (0, LARGEST_KEY)):
        _list_keys(engine, "order_rows", "order_id")
        replaced["order_rows"].append("order_id")
    if has_sessions and not _are_own(engine):
        _list_sessions(engine)
        replaced["event_rows"].append("session_id")
    people = (-2 * LARGEST_PERSON, LARGEST_PERSON)
    if not has_sessions or not _is_number(engine, ["event_rows"], "visitor_id", people):
        _list_keys(engine, "event_rows", "visitor_id")
        replaced["event_rows"].append("visitor_id")
    for table, columns in replaced.items():
        _replace(engine, table, columns)


def _is_number(
    engine: DuckDBEngine, tables: Sequence[str], column: str, bounds: tuple[int, int]
) -> bool:
    """Return whether a column holds whole numbers within bounds, or nothing at all."""
    if any(engine.type_of(table, column) == "VARCHAR" for table in tables):
        return False
    for table in tables:
        low, high = engine.run(f"select min({column}), max({column}) from {table}")[0]
        if low is not None and not (bounds[0] <= int(low) and int(high) < bounds[1]):
            return False
    return True


def _encode_customers(engine: DuckDBEngine) -> bool:
    """List the customers; return whether their ids have to be replaced."""
    known = " union ".join(
        f"select cast(customer_id as {{kind}}) as customer_id from {table} "
        "where customer_id is not null group by customer_id"
        for table in ("order_rows", "event_rows")
    )
    if _is_number(engine, ["order_rows", "event_rows"], "customer_id", (0, LARGEST_PERSON)):
        codes = "customer_id as customer_code, cast(customer_id as varchar) as customer_id"
        engine.run(f"create table customers as select {codes} from ({known.format(kind='bigint')})")
        return False
    codes = "row_number() over (order by customer_id) as customer_code, customer_id"
    engine.run(f"create table customers as select {codes} from ({known.format(kind='varchar')})")
    engine.run(
        "create table customer_id_keys as select customer_id, customer_code as code from customers"
    )
    return True


def _list_keys(engine: DuckDBEngine, table: str, column: str) -> None:
    engine.run(
        f"create table {column}_keys as "
        f"select cast({column} as varchar) as {column}, "
        f"row_number() over (order by {column}) as code "
        f"from {table} where {column} is not null group by {column}"
    )


def _are_own(engine: DuckDBEngine) -> bool:
    """Return whether session ids are numbers and none of them stands for two visitors."""
    bounds = (-LARGEST_KEY, LARGEST_KEY)
    if not _is_number(engine, ["event_rows"], "session_id", bounds):
        return False
    shared = (
        "select session_id from event_rows group by session_id "
        "having min(visitor_id) <> max(visitor_id) limit 1"
    )
    return not engine.run(shared)


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
    if table == "event_rows" or "customer_id" not in columns:
        engine.drop(*(f"{column}_keys" for column in columns))


def _join(column: str) -> str:
    keys = f"{column}_keys"
    if column == "session_id":
        same = f"given.visitor_id = {keys}.visitor_id and given.session_id = {keys}.session_id"
    else:
        same = f"cast(given.{column} as varchar) = {keys}.{column}"
    return f"left join {keys} on {same}"
