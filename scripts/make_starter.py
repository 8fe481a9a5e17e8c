"""Invent the shop of `basket init`: three months of a small coffee and tea shop.

`python scripts/make_starter.py` writes the CSV files of `pipeline/starter/data` again. Only
`random.Random.random` draws: Python promises the same sequence for a seed in every version.
What a real shop's files have is planted: returns, a gift, postage, a line sent twice, and one that
cannot be read.
"""

import csv
import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple, TypeVar

SEED = 20260401
START = datetime(2026, 1, 5)  # noqa: DTZ001 - the shop's wall clock
DAYS = 85
CUSTOMERS = 90
ORDERS = 260
IDLE_SESSIONS = 90
COMPANION_SHARE = 0.55
RETURN_SHARE = 0.03
DATA = Path(__file__).resolve().parents[1] / "pipeline" / "starter" / "data"

T = TypeVar("T")


class Item(NamedTuple):
    """One row of the catalogue, and the item that is often bought with it."""

    sku: str
    model: str
    title: str
    department: str
    shelf: str
    brand: str
    price: str
    stock: int
    companion: str


CATALOGUE = (
    Item("C100", "C1", "Espresso beans 250 g", "Coffee", "Beans", "Alba", "6.90", 120, "K200"),
    Item("C101", "C1", "Espresso beans 1 kg", "Coffee", "Beans", "Alba", "22.50", 60, "K201"),
    Item("C110", "C2", "Filter coffee, ground", "Coffee", "Ground", "Alba", "5.80", 140, "F300"),
    Item("C111", "C3", "Decaf coffee, ground", "Coffee", "Ground", "Nord", "6.20", 40, "F300"),
    Item("T400", "T4", "Assam, loose", "Tea", "Loose", "Nord", "7.40", 80, "T420"),
    Item("T401", "T5", "Green tea, loose", "Tea", "Loose", "Nord", "8.10", 70, "T420"),
    Item("T410", "T6", "Mint tea, bags", "Tea", "Bags", "Nord", "3.20", 200, "K210"),
    Item("T420", "T7", "Tea strainer", "Tea", "Tools", "Hart", "4.50", 90, "T400"),
    Item("F300", "F3", "Paper filters, 100", "Coffee", "Tools", "Hart", "2.90", 300, "C110"),
    Item("F301", "F4", "Hand filter", "Coffee", "Tools", "Hart", "11.00", 25, "F300"),
    Item("K200", "K2", "Espresso cup", "Kitchen", "Cups", "Lund", "5.50", 150, "C100"),
    Item("K201", "K2", "Espresso cups, set of 4", "Kitchen", "Cups", "Lund", "19.00", 30, "C101"),
    Item("K210", "K3", "Mug", "Kitchen", "Cups", "Lund", "7.00", 110, "T410"),
    Item("K220", "K4", "Teapot", "Kitchen", "Pots", "Lund", "24.00", 18, "T401"),
)
ITEMS = {item.sku: item for item in CATALOGUE}
ORDER_COLUMNS = ("order_no", "customer", "sku", "sold_at", "qty", "price")
EVENT_COLUMNS = ("seen_at", "visitor", "customer", "session", "sku")


class Order(NamedTuple):
    """One order, before it is written as lines."""

    number: str
    customer: str
    at: datetime
    skus: tuple[str, ...]


class Drawn:
    """Chance, by one method of `random.Random` alone."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - a shop, no secret

    def below(self, limit: float) -> int:
        """Return a whole number from 0 on, smaller than the limit."""
        return int(self._random.random() * limit)

    def happens(self, share: float) -> bool:
        """Return True in this share of the calls."""
        return self._random.random() < share

    def early(self, sequence: Sequence[T]) -> T:
        """Return an entry; the first ones are the likeliest."""
        return sequence[int(len(sequence) * self._random.random() ** 2)]


def make_orders(drawn: Drawn) -> list[Order]:
    """Return the orders in time order."""
    minutes = sorted(drawn.below(DAYS * 24 * 60) for _ in range(ORDERS))
    customers = [f"c{number:03}" for number in range(1, CUSTOMERS + 1)]
    return [
        Order(
            f"{number:04}",
            drawn.early(customers),
            START + timedelta(minutes=minute),
            tuple(dict.fromkeys(_wanted(drawn))),
        )
        for number, minute in enumerate(minutes, start=1001)
    ]


def order_lines(orders: Sequence[Order], drawn: Drawn) -> Iterator[tuple[str, ...]]:
    """Yield the lines of the orders file, oddities included."""
    for place, order in enumerate(orders):
        customer = "" if place % 40 == 7 else order.customer  # noqa: PLR2004 - paid at the till
        for sku in order.skus:
            quantity = 1 + drawn.below(3)
            line = _line(order._replace(customer=customer), sku, quantity, ITEMS[sku].price)
            yield line
            if drawn.happens(RETURN_SHARE):
                later = order._replace(at=order.at + timedelta(days=3), customer=customer)
                yield _line(later._replace(number=f"R{order.number}"), sku, -1, ITEMS[sku].price)
        if place % 6 == 0:
            yield _line(order, "POSTAGE", 1, "3.90")
        if place == 20:  # noqa: PLR2004 - the oddities stand somewhere
            yield line
            yield _line(order, "T410", 1, "0.00")
            yield (*line[:4], "two", line[5])


def events(orders: Sequence[Order], drawn: Drawn) -> list[tuple[str, ...]]:
    """Return the views: before every order, and of visitors who buy nothing."""
    views = [view for order in orders for view in _views_before(order, drawn)]
    for number in range(IDLE_SESSIONS):
        at = START + timedelta(minutes=drawn.below(DAYS * 24 * 60))
        visitor = f"v{drawn.below(40):03}"
        for sku in dict.fromkeys([*_wanted(drawn), *_wanted(drawn)]):
            at += timedelta(seconds=20 + drawn.below(90))
            views.append((f"{at}", visitor, "", f"i{number:03}", sku))
    return sorted(views)


def _wanted(drawn: Drawn) -> Iterator[str]:
    for _ in range(1 + drawn.below(2.4)):
        item = drawn.early(CATALOGUE)
        yield item.sku
        if drawn.happens(COMPANION_SHARE):
            yield item.companion


def _views_before(order: Order, drawn: Drawn) -> Iterator[tuple[str, ...]]:
    at = order.at - timedelta(minutes=20)
    shelves = {ITEMS[sku].shelf for sku in order.skus}
    beside = [item.sku for item in CATALOGUE if item.shelf in shelves and drawn.happens(0.4)]
    for sku in dict.fromkeys([*beside, *order.skus]):
        at += timedelta(seconds=15 + drawn.below(100))
        yield f"{at}", f"d-{order.customer}", order.customer, f"s{order.number}", sku


def _line(order: Order, sku: str, quantity: int, price: str) -> tuple[str, ...]:
    return order.number, order.customer, sku, f"{order.at}", str(quantity), price


def _write(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def write_starter(folder: Path) -> None:
    """Write orders, events and catalogue as CSV files."""
    drawn = Drawn(SEED)
    orders = make_orders(drawn)
    _write(folder / "orders.csv", ORDER_COLUMNS, list(order_lines(orders, drawn)))
    _write(folder / "events.csv", EVENT_COLUMNS, events(orders, drawn))
    _write(folder / "catalogue.csv", Item._fields[:-1], [item[:-1] for item in CATALOGUE])


if __name__ == "__main__":
    write_starter(DATA)
