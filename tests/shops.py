"""Small shops: drawn or random, loaded into an engine as the tables that the stages read."""

import atexit
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

from pipeline.io.duckdb_engine import DuckDBEngine
from tests.tables import DAY, HOUR, drawn, instant

_AMOUNT = pa.decimal128(18, 4)
_SALE_LINES = pa.schema(
    [
        ("order_code", pa.int64()),
        ("customer_code", pa.int64()),
        ("item_code", pa.int32()),
        ("ordered_at", pa.int64()),
        ("ordered_day", pa.int32()),
        ("quantity", _AMOUNT),
        ("amount", _AMOUNT),
    ]
)
_VIEWS = pa.schema(
    [
        ("visitor_code", pa.int64()),
        ("session_code", pa.int64()),
        ("item_code", pa.int32()),
        ("viewed_at", pa.int64()),
        ("viewed_day", pa.int32()),
    ]
)
_SESSIONS = pa.schema(
    [("session_code", pa.int64()), ("visitor_code", pa.int64()), ("ended_at", pa.int64())]
)
_ITEMS = pa.schema(
    [
        ("item_code", pa.int32()),
        ("item_id", pa.string()),
        ("product_id", pa.string()),
        ("name", pa.string()),
        ("category", pa.string()),
        ("brand", pa.string()),
        ("price", _AMOUNT),
        ("stock", pa.int64()),
        ("is_listed", pa.bool_()),
    ]
)
_ATTRIBUTES = pa.schema([("item_code", pa.int32()), ("attributes", pa.list_(pa.string()))])
_CUSTOMERS = pa.schema([("customer_code", pa.int64()), ("customer_id", pa.string())])


@dataclass(frozen=True)
class SaleLine:
    """One sold item at one time; `at` in microseconds."""

    order: str
    customer: str | None
    item: str | None
    at: int
    quantity: Decimal = Decimal(1)
    amount: Decimal | None = None


@dataclass(frozen=True)
class View:
    """One view of a product page; a visitor who has a customer's name is that customer."""

    visitor: str
    session: str
    item: str
    at: int


@dataclass(frozen=True)
class Shop:
    """Sale lines and views, and what is known of items and sessions.

    Attributes:
        sale_lines: Sold items.
        views: Views of product pages.
        products: The product of an item, where it has one.
        session_ends: Ends of sessions after their last view.
        categories: The category path of an item, where it has one.
    """

    sale_lines: tuple[SaleLine, ...] = ()
    views: tuple[View, ...] = ()
    products: Mapping[str, str] = field(default_factory=dict)
    session_ends: Mapping[str, int] = field(default_factory=dict)
    categories: Mapping[str, str] = field(default_factory=dict)

    def ended_at(self, session: str) -> int:
        """Return the instant of a session's last event."""
        last_view = max(view.at for view in self.views if view.session == session)
        return max(last_view, self.session_ends.get(session, last_view))

    @property
    def customers(self) -> list[str]:
        """Known customers, in ascending order."""
        return sorted({line.customer for line in self.sale_lines if line.customer})

    @property
    def items(self) -> list[str]:
        """Items by falling number of rows, then id: the order of their codes."""
        sold = [line.item for line in self.sale_lines if line.item]
        counts = Counter([*sold, *(view.item for view in self.views), *self.products])
        return sorted(counts, key=lambda item: (-counts[item], item))


def drawn_sales(text: str) -> tuple[SaleLine, ...]:
    """Return drawn sale lines: order, customer, item, at, and maybe quantity and amount."""
    return tuple(_drawn_sale(row) for row in drawn(text))


def drawn_views(text: str) -> tuple[View, ...]:
    """Return drawn views: visitor, item, at, and maybe session (else one per visitor)."""
    return tuple(
        View(
            str(row["visitor"]),
            str(row.get("session", row["visitor"])),
            str(row["item"]),
            instant(str(row["at"])),
        )
        for row in drawn(text)
    )


def load_shop(engine: DuckDBEngine, shop: Shop) -> None:
    """Load a shop as `sale_lines`, `views`, `sessions`, `items` and `customers`."""
    item_codes = _codes(shop.items)
    order_codes = _codes(sorted({line.order for line in shop.sale_lines}))
    session_codes = _codes(sorted({view.session for view in shop.views}))
    anonymous = sorted({view.visitor for view in shop.views} - {*shop.customers})
    people = _codes(shop.customers) | {visitor: -1 - at for at, visitor in enumerate(anonymous)}
    sale_lines = [
        (order_codes[s.order], people.get(s.customer or ""), item_codes.get(s.item or ""),
         s.at, s.at // DAY, s.quantity, s.amount)
        for s in shop.sale_lines
    ]  # fmt: skip
    views = [
        (people[v.visitor], session_codes[v.session], item_codes[v.item], v.at, v.at // DAY)
        for v in shop.views
    ]
    visitors = {view.session: people[view.visitor] for view in shop.views}
    sessions = [(session_codes[s], visitors[s], shop.ended_at(s)) for s in session_codes]
    known = {item: (shop.products.get(item), shop.categories.get(item)) for item in item_codes}
    items = [
        (code, item, known[item][0], f"name of {item}", known[item][1], None, Decimal(5), 7,
         item in shop.products)
        for item, code in item_codes.items()
    ]  # fmt: skip
    attributes = [(item_codes[item], [f"family={p}"]) for item, p in shop.products.items()]
    customers = [(people[customer], customer) for customer in shop.customers]
    engine.load("sale_lines", _table(_SALE_LINES, sale_lines))
    engine.load("views", _table(_VIEWS, views))
    engine.load("sessions", _table(_SESSIONS, sessions))
    engine.load("items", _table(_ITEMS, items))
    engine.load("item_attributes", _table(_ATTRIBUTES, attributes))
    engine.load("customers", _table(_CUSTOMERS, customers))


@cache
def shop_engine() -> DuckDBEngine:
    """Return the one engine in which every test loads its own shop."""
    return DuckDBEngine(threads=1)


atexit.register(shop_engine.cache_clear)  # an engine that outlives Python is reported as a leak


def rows_of(engine: DuckDBEngine, table: str, *columns: str) -> list[tuple[Any, ...]]:
    """Return columns of a table as a sorted list of tuples; NULL sorts first."""
    rows = engine.fetch(table).select(list(columns)).to_pylist()
    return sorted(
        (tuple(row.values()) for row in rows),
        key=lambda cells: [(cell is not None, cell) for cell in cells],
    )


def shops() -> st.SearchStrategy[Shop]:
    """Draw shops of few people, items and instants, so that ties and edges are common."""
    sale_lines = st.lists(_orders(), max_size=14).map(_numbered_orders)
    views = st.lists(_visits(), max_size=10).map(_numbered_visits)
    products = st.dictionaries(st.sampled_from("ABCDE"), st.sampled_from(["p1", "p2"]))
    ends = st.dictionaries(st.sampled_from(["s0", "s1", "s2"]), _instants())
    return st.builds(Shop, sale_lines, views, products, ends)


def _instants() -> st.SearchStrategy[int]:
    return st.integers(0, 20).map(lambda step: step * 12 * HOUR)


def _orders() -> st.SearchStrategy[tuple[str | None, int, list[tuple[str, int]]]]:
    lines = st.lists(st.tuples(st.sampled_from("ABCDE"), st.integers(1, 3)), min_size=1, max_size=6)
    return st.tuples(st.sampled_from(["ann", "bob", "cid", "dan", None]), _instants(), lines)


def _numbered_orders(
    orders: Iterable[tuple[str | None, int, list[tuple[str, int]]]],
) -> tuple[SaleLine, ...]:
    return tuple(
        SaleLine(f"o{number}", customer, item, at, Decimal(count), Decimal(2 * count))
        for number, (customer, at, lines) in enumerate(orders)
        for item, count in lines
    )


def _visits() -> st.SearchStrategy[tuple[str, int, list[tuple[str, int]]]]:
    pages = st.lists(st.tuples(st.sampled_from("ABCDE"), st.integers(0, 3)), min_size=1, max_size=6)
    return st.tuples(st.sampled_from(["ann", "bob", "cid", "eve", "fay"]), _instants(), pages)


def _numbered_visits(
    visits: Iterable[tuple[str, int, list[tuple[str, int]]]],
) -> tuple[View, ...]:
    return tuple(
        View(visitor, f"s{number}", item, at + hours * 6 * HOUR)
        for number, (visitor, at, pages) in enumerate(visits)
        for item, hours in pages
    )


def _drawn_sale(row: Mapping[str, str | None]) -> SaleLine:
    amount = row.get("amount")
    return SaleLine(
        str(row["order"]),
        row["customer"],
        row["item"],
        instant(str(row["at"])),
        Decimal(row.get("quantity") or 1),
        None if amount is None else Decimal(amount),
    )


def _codes(names: Iterable[str]) -> dict[str, int]:
    return {name: code for code, name in enumerate(names)}


def _table(schema: pa.Schema, rows: list[tuple[Any, ...]]) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    arrays = [pa.array(column, f.type) for column, f in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)
