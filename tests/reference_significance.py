"""The oracle of significance: whole numbers and fractions, by the formulas as they are printed."""

from collections.abc import Sequence
from fractions import Fraction
from math import comb


def p_value(joint: int, left: int, right: int, n: int) -> Fraction:
    """Return the chance that `joint` or more of the left baskets are right ones, by counting."""
    ways = sum(comb(right, k) * comb(n - right, left - k) for k in range(joint, left + 1))
    return Fraction(ways, comb(n, left))


def benjamini_hochberg(p: Sequence[Fraction], m: int) -> list[Fraction]:
    """Return q-values; the tests that are not in `p` have p = 1 and are written out."""
    full = sorted([*p, *[Fraction(1)] * (m - len(p))])
    scaled = [value * m / place for place, value in enumerate(full, 1)]
    return [min(scaled[at] for at in range(m) if full[at] >= value) for value in p]


def holm(p: Sequence[Fraction], m: int) -> list[Fraction]:
    """Return adjusted p-values; the tests that are not in `p` have p = 1 and are written out."""
    full = sorted([*p, *[Fraction(1)] * (m - len(p))])
    scaled = [value * (m - place) for place, value in enumerate(full)]
    return [min(Fraction(1), max(scaled[at] for at in range(full.index(value) + 1))) for value in p]
