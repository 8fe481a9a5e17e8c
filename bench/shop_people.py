"""What a part of the shop's visitors views and orders, as flat numpy arrays.

Visitors of a part are numbered from 0; the first of them are the customers. Times are seconds since
the first midnight.
"""

from dataclasses import dataclass, replace

import numpy as np
from shop_world import (
    COMPLEMENT_SHARE,
    DAY_SECONDS,
    DAYS,
    END,
    SEQUENCE_SHARE,
    SUBSTITUTE_SHARE,
    TARGET_SHARES,
    BoolArray,
    IntArray,
    World,
    both_ways,
    partner_of,
)

GUEST = -1
GUEST_SHARE = 0.05  # orders without a customer
KNOWN_SHARE = 0.4  # visitors who are customers
RETURN_SHARE = 0.03  # bought lines that come back within 20 days
MEAN_ORDER_LINES = 3.4
MEAN_BROWSE_VIEWS = 4.8
MAX_BROWSE_VIEWS = 24
ORDER_SESSION_SHARE = 0.6  # orders whose session stands in the log
VIEWED_SHARE = 0.8  # lines of such an order that were viewed
CART_SHARE = 0.6  # of those, put into the cart
FOCUS_SHARE = 0.6  # views within the session's category
RELOAD_SHARE = 0.03
BOT_EVENTS = 1_500  # of one bot in each part, on one day

VIEW, CART = 0, 1
_WEEK = (1.0, 0.9, 0.9, 1.0, 1.2, 1.5, 1.3)
_HOURS = (2, 1, 1, 1, 1, 2, 3, 5, 7, 8, 8, 8, 9, 8, 7, 7, 8, 9, 11, 13, 14, 13, 9, 5)


@dataclass(frozen=True)
class Lines:
    """Order lines: order number in the part, customer (or GUEST), time, item."""

    order: IntArray
    owner: IntArray
    at: IntArray
    item: IntArray

    def take(self, where: IntArray) -> "Lines":
        """Return some of the lines."""
        return Lines(self.order[where], self.owner[where], self.at[where], self.item[where])


@dataclass(frozen=True)
class Views:
    """Events: session number in the part, visitor, time, item, VIEW or CART."""

    session: IntArray
    owner: IntArray
    at: IntArray
    item: IntArray
    kind: IntArray

    def take(self, where: IntArray) -> "Views":
        """Return some of the events."""
        return Views(*(values[where] for values in self.__dict__.values()))

    def again(self, where: IntArray, delay: IntArray, item: IntArray, kind: int = VIEW) -> "Views":
        """Return an event that follows each of some events in its session."""
        kinds = np.full(len(where), kind, dtype=np.int8)
        return Views(self.session[where], self.owner[where], self.at[where] + delay, item, kinds)


@dataclass(frozen=True)
class Tally:
    """Of each view-to-buy relation: viewers whose seven days end in time, buyers per target."""

    viewers: IntArray
    buyers: IntArray


@dataclass(frozen=True)
class Part:
    """What happened: order lines with signed quantities, events, and the planted purchases."""

    lines: Lines
    quantity: IntArray
    views: Views
    tally: Tally


def _join_lines(*parts: Lines) -> Lines:
    columns = zip(*(part.__dict__.values() for part in parts), strict=True)
    return Lines(*(np.concatenate(column) for column in columns))


def _join_views(*parts: Views) -> Views:
    columns = zip(*(part.__dict__.values() for part in parts), strict=True)
    return Views(*(np.concatenate(column) for column in columns))


class People:
    """A part of the visitors: draws what they do.

    Args:
        world: The items.
        rng: Source of all chance in this part.
        share: Share of the shop that this part is, in (0, 1].
    """

    def __init__(self, world: World, rng: np.random.Generator, share: float) -> None:
        self._world = world
        self._rng = rng
        self._size = world.size
        self._line_target = round(self._size.order_lines * share)
        self._event_target = round(self._size.events * share)
        self.customer_count = round(self._size.customers * share)
        self.visitor_count = round(self.customer_count / KNOWN_SHARE)
        self.bot = self.visitor_count

    def live(self) -> Part:
        """Draw the orders, the views around them, and the orders that views led to."""
        bought = self._with_sequences(self._without_substitutes(self._orders()))
        views = self._order_sessions(bought)
        views = self._with_reactions(_join_views(views, self._browsing(views)))
        after_views, targets, tally = self._view_to_buy(views, int(bought.order.max()) + 1)
        lines = _join_lines(bought, after_views)
        quantity = 1 + self._rng.poisson(0.4, len(lines.item))
        back, back_quantity = self._returns(lines, quantity, len(bought.item))
        views = _join_views(views, targets, self._bot(int(views.session.max()) + 1))
        return Part(
            _join_lines(lines, back),
            np.concatenate([quantity, back_quantity]),
            replace(views, at=np.minimum(views.at, END - 1)),
            tally,
        )

    def _chosen(self, where: IntArray, share: float) -> IntArray:
        return where[self._rng.random(len(where)) < share]

    def _seconds(self, low: float, high: float, count: int) -> IntArray:
        return self._rng.integers(int(low), int(high), count)

    def _instants(self, count: int) -> IntArray:
        """Return times with the week's and the day's ups and downs."""
        weights = np.outer(np.resize(_WEEK, DAYS), _HOURS).ravel()
        bounds = np.cumsum(weights / weights.sum())
        hours = np.searchsorted(bounds, self._rng.random(count))
        return np.minimum(hours, DAYS * 24 - 1) * 3600 + self._seconds(0, 3600, count)

    def _owners(self, people: int, count: int) -> IntArray:
        """Return `count` owners; some do much, many do little."""
        activity = self._rng.gamma(0.8, size=people)
        counts = self._rng.multinomial(count, activity / activity.sum())
        return np.repeat(np.arange(people), counts)

    def _orders(self) -> Lines:
        """Draw orders by popularity, and complements into them."""
        complement = partner_of(self._world.plants.complements, self._size.items)
        count = round(self._line_target / self._lines_per_order())
        guests = round(count * GUEST_SHARE)
        owner = np.concatenate(
            [self._owners(self.customer_count, count - guests), np.full(guests, GUEST)]
        )
        order = np.repeat(np.arange(count), self._rng.geometric(1 / MEAN_ORDER_LINES, count))
        item = self._world.draw(self._rng, len(order))
        lines = Lines(order, owner[order], self._instants(count)[order], item)
        source = self._chosen(np.flatnonzero(complement[item] >= 0), COMPLEMENT_SHARE)
        partners = lines.take(source)
        added = Lines(partners.order, partners.owner, partners.at, complement[partners.item])
        return _join_lines(lines, added)

    def _lines_per_order(self) -> float:
        """Return the lines that come of one drawn order, planted lines and returns included."""
        weight, plants = self._world.weight, self._world.plants
        complements = COMPLEMENT_SHARE * weight[plants.complements[:, 0]].sum()
        sequences = SEQUENCE_SHARE * weight[plants.sequences[:, 0]].sum()
        return float(MEAN_ORDER_LINES * (1 + complements + sequences) * (1 + 0.9 * RETURN_SHARE))

    def _without_substitutes(self, lines: Lines) -> Lines:
        """Take a substitute out of nine in ten of the orders that hold its partner too."""
        substitute = partner_of(both_ways(self._world.plants.substitutes), self._size.items)
        where = np.flatnonzero(substitute[lines.item] >= 0)
        order, item = lines.order[where], lines.item[where]
        other = substitute[item].astype(np.int64)
        has_other = np.isin(order * self._size.items + other, order * self._size.items + item)
        dropped = self._chosen(where[has_other & (item > other)], 0.9)
        return lines.take(np.setdiff1d(np.arange(len(lines.item)), dropped, assume_unique=True))

    def _with_sequences(self, lines: Lines) -> Lines:
        """Add the orders of one line that follow 7 to 40 days after a sequence's first item."""
        follower = partner_of(self._world.plants.sequences, self._size.items)
        has_follower = (follower[lines.item] >= 0) & (lines.owner != GUEST)
        first = lines.take(self._chosen(np.flatnonzero(has_follower), SEQUENCE_SHARE))
        at = first.at + self._seconds(7 * DAY_SECONDS, 40 * DAY_SECONDS, len(first.at))
        order = int(lines.order.max()) + 1 + np.arange(len(at))
        later = Lines(order, first.owner, at, follower[first.item])
        return _join_lines(lines, later.take(np.flatnonzero(at < END)))

    def _returns(self, lines: Lines, quantity: IntArray, count: int) -> tuple[Lines, IntArray]:
        """Return some of the first `count` lines, each as an order of its own."""
        known = np.flatnonzero(lines.owner[:count] != GUEST)
        where = self._chosen(known, RETURN_SHARE)
        at = lines.at[where] + self._seconds(DAY_SECONDS, 20 * DAY_SECONDS, len(where))
        order = int(lines.order.max()) + 1 + np.arange(len(where))
        back = Lines(order, lines.owner[where], at, lines.item[where])
        in_time = np.flatnonzero(at < END)
        return back.take(in_time), -quantity[where][in_time]

    def _order_sessions(self, lines: Lines) -> Views:
        """Draw the sessions in which orders were made: views, carts, glances at similar items."""
        logged = self._rng.random(int(lines.order.max()) + 1) < ORDER_SESSION_SHARE
        logged_lines = np.flatnonzero(logged[lines.order] & (lines.owner != GUEST))
        viewed = lines.take(self._chosen(logged_lines, VIEWED_SHARE))
        start = 500 + self._seconds(0, 1800, len(logged))
        at = viewed.at - start[viewed.order] + self._seconds(0, 400, len(viewed.at))
        kind = np.full(len(at), VIEW, dtype=np.int8)
        session = (np.cumsum(logged) - 1)[viewed.order]
        views = Views(session, viewed.owner, np.maximum(at, 0), viewed.item, kind)
        carts = self._chosen(np.arange(len(at)), CART_SHARE)
        likes = self._chosen(np.arange(len(at)), 0.4)
        similar = self._world.draw_like(self._rng, views.item[likes])
        return _join_views(
            views,
            views.again(carts, self._seconds(5, 60, len(carts)), views.item[carts], CART),
            views.again(likes, self._seconds(5, 60, len(likes)), similar),
        )

    def _browsing(self, views: Views) -> Views:
        """Draw sessions without an order, as many as the number of events asks for."""
        views_left = (self._event_target - BOT_EVENTS) / (1.03 + RELOAD_SHARE) - len(views.item)
        count = max(1, round(views_left / MEAN_BROWSE_VIEWS))
        owner = self._owners(self.visitor_count, count)
        lengths = np.minimum(self._rng.geometric(1 / MEAN_BROWSE_VIEWS, count), MAX_BROWSE_VIEWS)
        visit = np.repeat(np.arange(count), lengths)
        focus = self._world.draw(self._rng, count)[visit]
        in_focus = self._rng.random(len(visit)) < FOCUS_SHARE
        similar = self._world.draw_like(self._rng, focus)
        item = np.where(in_focus, similar, self._world.draw(self._rng, len(visit)))
        spread = (self._rng.random(len(visit)) * 40 * lengths[visit]).astype(np.int64)
        at = self._instants(count)[visit] + spread
        kind = np.full(len(visit), VIEW, dtype=np.int8)
        return Views(int(views.session.max()) + 1 + visit, owner[visit], at, item, kind)

    def _with_reactions(self, views: Views) -> Views:
        """Add views of substitutes after half of the views of their partners, and reloads."""
        substitute = partner_of(both_ways(self._world.plants.substitutes), self._size.items)
        is_view = views.kind == VIEW
        source = np.flatnonzero(is_view & (substitute[views.item] >= 0))
        looked = self._chosen(source, SUBSTITUTE_SHARE)
        again = self._chosen(np.flatnonzero(is_view), RELOAD_SHARE)
        return _join_views(
            views,
            views.again(looked, self._seconds(5, 40, len(looked)), substitute[views.item[looked]]),
            views.again(again, self._seconds(1, 6, len(again)), views.item[again]),
        )

    def _view_to_buy(self, views: Views, first_order: int) -> tuple[Lines, Views, Tally]:
        """Draw what the viewers of planted sources order within seven days of their first view."""
        plants = self._world.plants.view_to_buy
        first = _first_views(views, plants[:, 0], self._size.items)
        number = partner_of(np.stack([plants[:, 0], np.arange(len(plants))], 1), self._size.items)
        relation = number[views.item[first]]
        choice = np.searchsorted(np.cumsum(TARGET_SHARES), self._rng.random(len(first)))
        buys = (choice < len(TARGET_SHARES)) & (views.owner[first] < self.customer_count)
        is_counted = views.at[first] < END - 7 * DAY_SECONDS
        tally = _tally(relation[is_counted], choice[is_counted], buys[is_counted], len(plants))
        where, target = first[buys], plants[relation[buys], 1 + choice[buys]]
        delay = 120 + (self._rng.random(len(where)) ** 2 * 6.9 * DAY_SECONDS).astype(np.int64)
        order = first_order + np.arange(len(where))
        lines = Lines(order, views.owner[where], views.at[where] + delay, target)
        looks = views.again(where, self._seconds(20, 90, len(where)), target)
        return lines.take(np.flatnonzero(lines.at < END)), looks, tally

    def _bot(self, first_session: int) -> Views:
        """Draw a machine that reads pages all day, a session an hour."""
        day = int(self._rng.integers(DAYS)) * DAY_SECONDS
        at = day + np.sort(self._seconds(0, DAY_SECONDS, BOT_EVENTS))
        item = self._rng.integers(0, self._size.items, BOT_EVENTS, dtype=np.int32)
        owner = np.full(BOT_EVENTS, self.bot)
        kind = np.full(BOT_EVENTS, VIEW, dtype=np.int8)
        return Views(first_session + (at - day) // 3600, owner, at, item, kind)


def _first_views(views: Views, sources: IntArray, items: int) -> IntArray:
    """Return where each visitor views each source for the first time."""
    is_source = np.zeros(items, dtype=np.bool_)
    is_source[sources] = True
    where = np.flatnonzero(is_source[views.item] & (views.kind == VIEW))
    where = where[np.lexsort((views.at[where], views.item[where], views.owner[where]))]
    key = views.owner[where] * items + views.item[where]
    return where[np.flatnonzero(np.diff(key, prepend=-1))]


def _tally(relation: IntArray, choice: IntArray, buys: BoolArray, relations: int) -> Tally:
    viewers = np.bincount(relation, minlength=relations)
    cells = relation[buys] * len(TARGET_SHARES) + choice[buys]
    buyers = np.bincount(cells, minlength=relations * len(TARGET_SHARES))
    return Tally(viewers, buyers.reshape(relations, len(TARGET_SHARES)))
