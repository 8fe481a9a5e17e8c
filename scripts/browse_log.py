"""Invent the browse log of a shop around its real orders: nobody logged these views.

Only `random.Random.random` draws: Python promises the same sequence for a seed in every version.
Every figure of the simulation is a constant at the top.
"""

import math
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple, TypeVar

SEED = 20111209
MAX_VIEWED_PER_ORDER = 10  # of a wholesale order of 50 lines only some pages were looked at
ALTERNATIVE_SHARE = 0.45  # views of a bought item preceded by one of the same category
ALTERNATIVES = 4  # each item competes with this many others
RESEARCH_SHARE = 0.4  # orders with an earlier session, up to five days before
OTHER_DEVICE_SHARE = 0.2  # of those on a device where the customer never signs in
CART_SHARE = 0.8  # bought items put into the cart in a session that is logged
IDLE_SESSIONS_PER_ORDER = 0.3  # sessions of customers that lead to no order
ANONYMOUS_SESSIONS_PER_ORDER = 1.2
MEAN_VIEWS = 4.0  # of sessions that lead to no order
MAX_VIEWS = 30
RELOAD_SHARE = 0.04
CRAWLER_EVENTS = 1200  # by one visitor on one day
WATCHER_ITEMS = 350  # looked at by one visitor in three days
HEADER = ("event_at", "session_id", "visitor_id", "customer_id", "event_type", "item_id")

T = TypeVar("T")
Period = tuple[str, str]


class Event(NamedTuple):
    """One row of the log; the fields are the columns of `HEADER`."""

    event_at: str
    session_id: str
    visitor_id: str
    customer_id: str | None
    event_type: str
    item_id: str


@dataclass(frozen=True)
class Product:
    """One item of the catalogue."""

    item_id: str
    product_id: str
    name: str
    department: str
    category: str
    price: str
    line_count: int

    @property
    def row(self) -> tuple[str, ...]:
        """The columns that the catalogue file shows."""
        return tuple(str(value) for value in self.__dict__.values())[:-1]


@dataclass(frozen=True)
class Sale:
    """One real order of a known customer: its distinct items."""

    customer_id: str
    at: str
    item_ids: tuple[str, ...]


class Draw:
    """Random choices made of `random()` alone."""

    def __init__(self, seed: int) -> None:
        """Start the sequence of a seed."""
        self._random = random.Random(seed)  # noqa: S311 -- a simulation, nothing secret

    def chance(self, probability: float) -> bool:
        """Return True with a probability."""
        return self._random.random() < probability

    def below(self, limit: int) -> int:
        """Return a whole number from 0 to limit - 1."""
        return int(self._random.random() * limit)

    def one_of(self, values: Sequence[T]) -> T:
        """Return one of the values."""
        return values[self.below(len(values))]

    def some_of(self, values: Sequence[T], count: int) -> list[T]:
        """Return up to `count` of the values, in random order."""
        return sorted(values, key=lambda _: self._random.random())[:count]

    def length(self, mean: float) -> int:
        """Return a geometric number of at least 1 and at most `MAX_VIEWS`."""
        ratio = math.log(1 - self._random.random()) / math.log(1 - 1 / mean)
        return min(MAX_VIEWS, 1 + int(ratio))


class Shop:
    """The items as visitors see them: popular ones, alternatives, things bought together."""

    def __init__(self, catalogue: Sequence[Product], sales: Sequence[Sale]) -> None:
        """Index the catalogue and the orders."""
        self.item_ids = [entry.item_id for entry in catalogue]
        self.sold = [item_id for sale in sales for item_id in sale.item_ids]
        self.alternatives = _alternatives(catalogue)
        self.baskets: dict[str, list[Sale]] = defaultdict(list)
        for sale in sales:
            for item_id in sale.item_ids:
                self.baskets[item_id].append(sale)

    def alternative(self, draw: Draw, item_id: str) -> str:
        """Return an item that competes with this one, or itself where there is none."""
        return draw.one_of(self.alternatives[item_id] or [item_id])

    def next_page(self, draw: Draw, item_id: str) -> str:
        """Return the page that follows: an alternative, something bought with it, a popular one."""
        if draw.chance(0.6):
            return self.alternative(draw, item_id)
        if draw.chance(0.6) and self.baskets[item_id]:
            return draw.one_of(draw.one_of(self.baskets[item_id]).item_ids)
        return draw.one_of(self.sold)


def _alternatives(catalogue: Sequence[Product]) -> dict[str, list[str]]:
    """Return for each item those of its category that are nearest in price, popular ones first."""
    shelves: dict[tuple[str, str], list[Product]] = defaultdict(list)
    for entry in catalogue:
        shelves[entry.department, entry.category].append(entry)
    return {
        entry.item_id: _nearest(entry, shelves[entry.department, entry.category])
        for entry in catalogue
    }


def _nearest(entry: Product, shelf: Sequence[Product]) -> list[str]:
    others = [other for other in shelf if other.product_id != entry.product_id]
    others.sort(key=lambda other: (_distance(entry, other), other.item_id))
    return [other.item_id for other in others[:ALTERNATIVES]]


def _distance(left: Product, right: Product) -> float:
    """Return how unlike two items are; an item sold ten times as often is nearer."""
    price_ratio = abs(math.log(float(left.price) / float(right.price)))
    return round(price_ratio - 0.25 * math.log(right.line_count), 9)


class Log:
    """The simulation: sessions are added one by one, with running numbers."""

    def __init__(self, shop: Shop, draw: Draw) -> None:
        """Start an empty log."""
        self._shop = shop
        self._draw = draw
        self._session_count = 0
        self._visitors: dict[str, str] = {}
        self.events: list[Event] = []

    def visitor_id(self, person: str) -> str:
        """Return the running number of a device."""
        return self._visitors.setdefault(person, f"v{len(self._visitors) + 1:05d}")

    def add_order(self, sale: Sale) -> None:
        """Add the sessions that led to an order: sometimes an earlier one, then the buying one."""
        viewed = self._draw.some_of(sale.item_ids, MAX_VIEWED_PER_ORDER)
        ordered_at = datetime.fromisoformat(sale.at)
        if self._draw.chance(RESEARCH_SHARE):
            self._add_research(sale, viewed, ordered_at)
        pages = self._with_alternatives(viewed)
        start = ordered_at - timedelta(seconds=60 + 50 * len(pages) + self._draw.below(600))
        visit = self._visit(self.visitor_id(sale.customer_id), sale.customer_id)
        self._add_pages(visit, start, pages, set(viewed))
        for item_id in viewed:
            self._add(visit, ordered_at, "purchase", item_id)

    def add_walk(self, person: str, customer_id: str | None, start: datetime) -> None:
        """Add a session that leads to no order."""
        pages = [self._draw.one_of(self._shop.sold)]
        for _ in range(self._draw.length(MEAN_VIEWS) - 1):
            pages.append(self._shop.next_page(self._draw, pages[-1]))
        visit = self._visit(self.visitor_id(person), customer_id)
        self._add_pages(visit, start, pages, set())

    def add_sweep(self, person: str, start: datetime, item_ids: Sequence[str]) -> None:
        """Add a machine that reads page after page, two seconds each."""
        visit = self._visit(self.visitor_id(person), None)
        for number, item_id in enumerate(item_ids):
            self._add(visit, start + timedelta(seconds=2 * number), "view", item_id)

    def _add_research(self, sale: Sale, viewed: Sequence[str], ordered_at: datetime) -> None:
        seconds = 3600 * 2 + self._draw.below(5 * 86400)
        is_other_device = self._draw.chance(OTHER_DEVICE_SHARE)
        person = f"{sale.customer_id} elsewhere" if is_other_device else sale.customer_id
        visit = self._visit(self.visitor_id(person), None)
        pages = self._with_alternatives(viewed[::2])
        self._add_pages(visit, ordered_at - timedelta(seconds=seconds), pages, set())

    def _with_alternatives(self, item_ids: Sequence[str]) -> list[str]:
        pages = []
        for item_id in item_ids:
            if self._draw.chance(ALTERNATIVE_SHARE):
                pages.append(self._shop.alternative(self._draw, item_id))
            pages.append(item_id)
        return pages

    def _visit(self, visitor_id: str, customer_id: str | None) -> tuple[str, str, str | None]:
        self._session_count += 1
        return f"s{self._session_count:06d}", visitor_id, customer_id

    def _add_pages(
        self,
        visit: tuple[str, str, str | None],
        start: datetime,
        pages: Sequence[str],
        wanted: set[str],
    ) -> None:
        """Add views 5 to 44 seconds apart, and a cart event after most pages of wanted items."""
        at = start
        for item_id in pages:
            self._add(visit, at, "view", item_id)
            if self._draw.chance(RELOAD_SHARE):
                at += timedelta(seconds=1 + self._draw.below(4))
                self._add(visit, at, "view", item_id)
            at += timedelta(seconds=5 + self._draw.below(40))
            if item_id in wanted and self._draw.chance(CART_SHARE):
                self._add(visit, at, "cart", item_id)

    def _add(
        self, visit: tuple[str, str, str | None], at: datetime, event_type: str, item_id: str
    ) -> None:
        self.events.append(Event(str(at), *visit, event_type, item_id))


def _days(period: Period) -> Iterator[datetime]:
    first, last = (datetime.fromisoformat(day) for day in period)
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)


def _add_walks(log: Log, draw: Draw, sales: Sequence[Sale], period: Period) -> None:
    """Add sessions without an order: of customers, and of visitors of whom nothing is known."""
    days = list(_days(period))
    for number in range(int(ANONYMOUS_SESSIONS_PER_ORDER * len(sales))):
        start = draw.one_of(days) + timedelta(seconds=7 * 3600 + draw.below(15 * 3600))
        log.add_walk(f"anonymous {number // 2}", None, start)
    for _ in range(int(IDLE_SESSIONS_PER_ORDER * len(sales))):
        start = draw.one_of(days) + timedelta(seconds=7 * 3600 + draw.below(15 * 3600))
        customer_id = draw.one_of(sales).customer_id
        log.add_walk(customer_id, customer_id, start)


def _add_bots(log: Log, shop: Shop, period: Period) -> None:
    days = list(_days(period))
    night = timedelta(hours=3)
    log.add_sweep("crawler", days[40] + night, shop.item_ids[:CRAWLER_EVENTS])
    share = WATCHER_ITEMS // 3 + 1
    for number in range(3):
        pages = shop.item_ids[number * share : min((number + 1) * share, WATCHER_ITEMS)]
        log.add_sweep("price watcher", days[75 + number] + night, pages)


def simulate(catalogue: Sequence[Product], sales: Sequence[Sale], period: Period) -> list[Event]:
    """Return the log of a period (first and last day), by time.

    Args:
        catalogue: The items that have pages.
        sales: Orders of known customers; each was preceded by the views that led to it.
        period: First and last day as ISO dates.

    Returns:
        Events by time; a session that began before the period is cut.
    """
    draw = Draw(SEED)
    shop = Shop(catalogue, sales)
    log = Log(shop, draw)
    for sale in sales:
        log.add_order(sale)
    _add_walks(log, draw, sales, period)
    _add_bots(log, shop, period)
    first, last = period
    return sorted(event for event in log.events if first <= event.event_at[:10] <= last)
