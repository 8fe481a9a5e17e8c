"""Thresholds: decimal numbers in the configuration, compared with counts exactly."""

from decimal import ROUND_CEILING, ROUND_FLOOR, Context
from fractions import Fraction
from functools import reduce
from math import ceil, prod

import numpy as np

from pipeline.config.mining_options import Mining
from pipeline.mining.baskets import Bools, Int64s

LARGEST_INT64 = 2**63 - 1
DIGITS = 3


def effective_min_count(config: Mining, basket_count: int) -> int:
    """Return the smallest number of baskets: ceil(min_support * N), or min_count as it is.

    The share is the decimal number that was written: 0.1 % of 88,162 baskets is 89.
    """
    if config.min_support is None:
        return config.min_count or 1
    return max(1, ceil(Fraction(str(config.min_support)) * basket_count))


def at_least(left: tuple[Int64s, ...], right: tuple[Int64s, ...], threshold: float) -> Bools:
    """Mark where the product on the left is at least threshold times that on the right.

    Dividing first loses rules: 1,395 of 6,975 baskets is a confidence of exactly 0.2. Products
    that outgrow 64 bits are taken in Python's integers: slower, but rare and still exact.
    """
    share = Fraction(str(threshold))
    left_product = _product(*left, np.array([share.denominator], dtype=object))
    right_product = _product(*right, np.array([share.numerator], dtype=object))
    is_reached: Bools = (left_product >= right_product).astype(np.bool_)
    return is_reached


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


def _product(*factors: Int64s) -> Int64s:
    largest = prod(int(factor.max(initial=0)) for factor in factors)
    kind = np.int64 if largest <= LARGEST_INT64 else object
    return reduce(np.multiply, (factor.astype(kind) for factor in factors))
