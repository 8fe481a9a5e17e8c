"""The invented shop's items, how popular they are, and what is planted among them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.integer]
BoolArray = npt.NDArray[np.bool_]

DAYS = 180
DAY_SECONDS = 86_400
END = DAYS * DAY_SECONDS  # seconds since the first midnight

# A complement B of A is put into orders with A, a sequence's B is ordered 7 to 40 days after A,
# the two substitutes of a pair are viewed in one session, and of the known customers who view the
# source of a view-to-buy relation these shares order its first, second and third target within
# seven days.
COMPLEMENT_SHARE = 0.4
SEQUENCE_SHARE = 0.25
SUBSTITUTE_SHARE = 0.5
TARGET_SHARES = (0.12, 0.08, 0.04)

_POPULARITY_SHIFT = 20  # Zipf-Mandelbrot: weight 1 / (rank + shift), so that no item is in 5 %
_DRAW_BITS = 20
_SHELF_BITS = 10
_CATEGORY_ITEMS = 50


@dataclass(frozen=True)
class Size:
    """How much is generated.

    Attributes:
        order_lines: About this many order lines.
        events: About this many events.
        items: Items in the catalogue.
        customers: Visitors with an account.
        plants: Relations of each kind.
        min_count: Smallest count for itemsets that finds every complement.
    """

    order_lines: int
    events: int
    items: int
    customers: int
    plants: int
    min_count: int


SIZES = {
    "tiny": Size(18_000, 40_000, 500, 1_000, 4, 15),
    "small": Size(150_000, 400_000, 2_000, 8_000, 20, 40),
    "medium": Size(9_000_000, 20_000_000, 20_000, 430_000, 100, 400),
    "large": Size(33_000_000, 100_000_000, 20_000, 1_600_000, 100, 1_500),
}


@dataclass(frozen=True)
class Plants:
    """The relations to recover, as item codes: one row each.

    Attributes:
        complements: A, B: bought in the same order.
        sequences: A, B: B ordered later by customers who ordered A.
        substitutes: A, B: viewed together, hardly ever in one order.
        view_to_buy: Source and three targets that its viewers order.
    """

    complements: IntArray
    sequences: IntArray
    substitutes: IntArray
    view_to_buy: IntArray


@dataclass(frozen=True)
class World:
    """The items and the tables that draw them.

    Attributes:
        size: How much is generated.
        plants: The relations to recover.
        weight: Share of each item in what is bought and viewed without a reason.
        category: Category of each item.
        product: Product (family of sizes and colours) of each item.
        price_cents: Price of each item.
        by_popularity: A uniform entry of it is an item drawn by weight.
        by_category: The same within each category, one row each.
    """

    size: Size
    plants: Plants
    weight: npt.NDArray[np.float64]
    category: IntArray
    product: IntArray
    price_cents: IntArray
    by_popularity: IntArray
    by_category: IntArray

    def draw(self, rng: np.random.Generator, count: int) -> IntArray:
        """Return items drawn by popularity."""
        return self.by_popularity[rng.integers(0, 1 << _DRAW_BITS, count, dtype=np.int32)]

    def draw_like(self, rng: np.random.Generator, item: IntArray) -> IntArray:
        """Return for each item one of its category, drawn by popularity."""
        places = rng.integers(0, 1 << _SHELF_BITS, len(item), dtype=np.int32)
        return self.by_category[self.category[item], places]


def partner_of(pairs: IntArray, items: int) -> IntArray:
    """Return for each item its partner to the right in a list of pairs, else -1."""
    partner = np.full(items, -1, dtype=np.int32)
    partner[pairs[:, 0]] = pairs[:, 1]
    return partner


def both_ways(pairs: IntArray) -> IntArray:
    """Return the pairs (A, B) and the pairs (B, A)."""
    return np.concatenate([pairs, pairs[:, ::-1]])


def _draw_table(weight: npt.NDArray[np.float64], bits: int) -> IntArray:
    """Return `2 ** bits` positions, each as often as its weight says."""
    points = (np.arange(1 << bits) + 0.5) / (1 << bits)
    bounds = np.cumsum(weight / weight.sum())
    return np.minimum(np.searchsorted(bounds, points), len(weight) - 1).astype(np.int32)


def _shelves(category: IntArray, weight: npt.NDArray[np.float64]) -> IntArray:
    """Return for each category a table that draws its items by weight."""
    rows = []
    for number in range(int(category.max()) + 1):
        members = np.flatnonzero(category == number)
        rows.append(members[_draw_table(weight[members], _SHELF_BITS)])
    return np.stack(rows).astype(np.int32)


def _plant(by_rank: IntArray, rng: np.random.Generator, count: int) -> Plants:
    """Choose items of the popular ranks for all relations; no item has two roles."""
    chosen = rng.permutation(by_rank[10 : 10 + 10 * count])
    pairs = chosen[: 6 * count].reshape(3, count, 2)
    return Plants(pairs[0], pairs[1], pairs[2], chosen[6 * count :].reshape(count, 4))


def build_world(size: Size, rng: np.random.Generator) -> World:
    """Draw the items of a shop and plant its relations.

    Substitutes share a category and have nearly the same price. Sources of view-to-buy do not share
    one with their targets: who shops in a category views all of it, and would blur the shares.
    Two neighbouring items are one product, except planted ones.
    """
    by_rank = rng.permutation(size.items).astype(np.int32)
    weight = np.empty(size.items)
    weight[by_rank] = 1 / (np.arange(size.items) + 1 + _POPULARITY_SHIFT)
    weight /= weight.sum()
    plants = _plant(by_rank, rng, size.plants)
    category = rng.permutation(np.arange(size.items) // _CATEGORY_ITEMS)
    price_cents = np.round(np.exp(rng.normal(6.5, 0.8, size.items))).astype(np.int64) + 50
    first, second = plants.substitutes.T
    category[second] = category[first]
    price_cents[second] = np.round(price_cents[first] * rng.uniform(0.92, 1.08, len(first)))
    product = np.arange(size.items) // 2
    planted = by_rank[10 : 10 + 10 * size.plants]
    product[planted] = size.items + np.arange(len(planted))
    return World(
        size=size,
        plants=plants,
        weight=weight,
        category=category,
        product=product,
        price_cents=price_cents,
        by_popularity=_draw_table(weight, _DRAW_BITS),
        by_category=_shelves(category, weight),
    )
