"""What a bundle may cost: a discount, as far as the margin bears it."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Final

import numpy as np

from pipeline.config.bundle_options import Bundles
from pipeline.mining.baskets import Int64s
from pipeline.serving.bundle_sets import Sets
from pipeline.serving.shelf import NONE, Shelf

UNITS: Final = 10_000
"""Units of a price of 1: prices are whole numbers of them, as they are read."""
CENT: Final = UNITS // 100
_MOST: Final = 10**12
_PARTS: Final = 1_000_000


@dataclass(frozen=True)
class Prices:
    """Prices of bundles in `UNITS`; NONE where one is not known.

    Attributes:
        sums: Sum of the prices of the items.
        costs: Sum of what the shop pays for them.
        suggested: What the bundle may cost.
    """

    sums: Int64s
    costs: Int64s
    suggested: Int64s


def bundle_prices(shelf: Shelf, sets: Sets, options: Bundles) -> Prices:
    """Return the prices of bundles.

    The suggestion is the sum less the discount, but not below cost / (1 - min_margin) where the
    cost is known, and never above the sum. What is taken off is rounded down to cents, the floor
    up.

    Example:
        Of 20.00 with a discount of 0.1: 18.00. At a cost of 15.00 and a margin of 0.2: 18.75; at a
        cost of 17.00 the floor of 21.25 lies above the sum: 20.00.
    """
    known = np.nan_to_num(shelf.prices * UNITS, nan=NONE)
    sums = _added(sets, np.rint(known).astype(np.int64))
    costs = _added(sets, costs_of(shelf, options.cost_attribute))
    discount, margin = (_parts(share) for share in (options.discount, options.min_margin))
    off = sums // CENT * discount // _PARTS * CENT
    floors = -(-costs * _PARTS // (_PARTS - margin))
    floors = -(-floors // CENT) * CENT
    lowest = np.where(costs == NONE, 0, floors)
    suggested = np.minimum(np.maximum(sums - off, lowest), sums)
    return Prices(sums, costs, np.where(sums == NONE, NONE, suggested))


def costs_of(shelf: Shelf, attribute: str | None) -> Int64s:
    """Return what the shop pays for each item in `UNITS`, NONE where no number says it."""
    column = shelf.attributes.get(attribute or "")
    if column is None:
        return np.full(len(shelf), NONE, np.int64)
    units = np.array([*(_units(text) for text in column.texts), NONE], np.int64)
    return np.asarray(units[column.codes])


def _units(text: str) -> int:
    try:
        units = Decimal(text) * UNITS
        return round(units) if 0 <= units < _MOST else NONE
    except InvalidOperation:
        return NONE


def _parts(share: float) -> int:
    return int(Fraction(str(share)) * _PARTS)


def _added(sets: Sets, values: Int64s) -> Int64s:
    """Return the sum over the items of each set; NONE where one is."""
    sums = np.zeros(len(sets), np.int64)
    np.add.at(sums, sets.rows, values[sets.items])
    return np.where(sets.all_of((values != NONE)[sets.items]), sums, NONE)
