"""Thresholds: decimal numbers in the configuration, compared with counts exactly."""

import operator
from collections.abc import Callable, Iterable
from decimal import ROUND_CEILING, ROUND_FLOOR, Context
from fractions import Fraction
from functools import reduce
from math import ceil
from typing import Any

import numpy as np

from pipeline.config.mining_options import Mining
from pipeline.mining.baskets import Bools, Int64s

DIGITS = 3
ROUNDING = 1e-9
"""Products of a few doubles are this near to exact, with much to spare."""


def effective_min_count(config: Mining, basket_count: int) -> int:
    """Return the smallest number of baskets: ceil(min_support * N), or min_count as it is.

    The share is the decimal number that was written: 0.1 % of 88,162 baskets is 89.
    """
    if config.min_support is None or config.min_support == "auto":
        return config.min_count or 1
    return max(1, ceil(Fraction(str(config.min_support)) * basket_count))


def at_least(left: tuple[Int64s, ...], right: tuple[Int64s, ...], threshold: float) -> Bools:
    """Mark where the product on the left is at least threshold times that on the right.

    Dividing first loses rules: 1,395 of 6,975 baskets is a confidence of exactly 0.2. Doubles
    decide where both sides lie apart; where they are near, Python's integers do, which is exact.
    """
    return _compared(operator.ge, left, right, threshold)


def above(left: tuple[Int64s, ...], right: tuple[Int64s, ...], threshold: float) -> Bools:
    """Mark where the product on the left is above threshold times that on the right."""
    return _compared(operator.gt, left, right, threshold)


def least_parts(wholes: Int64s, threshold: float) -> Int64s:
    """Return the smallest part of each whole that is at least threshold times it, exactly."""
    share = Fraction(str(threshold))
    distinct, places = np.unique(wholes, return_inverse=True)
    least = -(-(distinct.astype(object) * share.numerator) // share.denominator)
    return np.asarray(least.astype(np.int64)[places])


def rounded_up(part: int, whole: int) -> str:
    """Write part / whole with three digits, not below it, as a number for the configuration."""
    return _written(part, whole, ROUND_CEILING)


def rounded_down(part: int, whole: int) -> str:
    """Write part / whole with three digits, not above it, as a number for the configuration."""
    return _written(part, whole, ROUND_FLOOR)


def _written(part: int, whole: int, rounding: str) -> str:
    context = Context(prec=DIGITS, rounding=rounding)
    exact = Context(prec=100)
    return f"{context.divide(exact.create_decimal(part), exact.create_decimal(whole)):f}"


def _product(factors: Iterable[Int64s], kind: type) -> Any:  # noqa: ANN401 - of the kind
    return reduce(np.multiply, (factor.astype(kind) for factor in factors))


def _compared(
    compare: Callable[[Any, Any], Any],
    left: tuple[Int64s, ...],
    right: tuple[Int64s, ...],
    threshold: float,
) -> Bools:
    share = Fraction(str(threshold))
    left_product = _product(left, np.float64) * float(share.denominator)
    right_product = _product(right, np.float64) * float(share.numerator)
    is_reached: Bools = compare(left_product, right_product)
    is_near = np.abs(left_product - right_product) <= ROUNDING * left_product
    near_left, near_right = (
        _product([np.broadcast_to(factor, is_near.shape)[is_near] for factor in side], object)
        for side in (left, right)
    )
    is_reached[is_near] = compare(near_left * share.denominator, near_right * share.numerator)
    return is_reached
