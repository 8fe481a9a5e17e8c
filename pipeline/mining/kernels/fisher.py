"""Upper tails of the hypergeometric distribution: the p-values of Fisher's one-sided test.

The first term comes from the saddle-point form of the binomial, which does not subtract large
logarithms from each other (C. Loader, Fast and accurate computation of binomial probabilities,
2000); the others follow from it by their ratios, until the rest cannot change a digit.
"""

import math

import numpy as np

from pipeline.mining.baskets import Floats, Int64s
from pipeline.mining.kernels.compiled import entry, inner

_HALF_LOG_TWO_PI = 0.5 * math.log(2 * math.pi)
_SMALL_COUNT = 16
_NEGLIGIBLE = 2.0**-56


def _stirling_error_of(count: int) -> float:
    """Return ln(count!) - ln(sqrt(2 pi count) (count / e)^count), by integers where it is small."""
    return (
        math.log(math.factorial(count)) - (count + 0.5) * math.log(count) + count - _HALF_LOG_TWO_PI
    )


_SMALL_ERRORS = np.array([0.0, *map(_stirling_error_of, range(1, _SMALL_COUNT))])


@inner
def _stirling_error(count: float) -> float:
    """Return what Stirling's formula lacks of ln(count!)."""
    if count < _SMALL_COUNT:
        return float(_SMALL_ERRORS[int(count)])
    square = count * count
    tail = 1 / 1260.0 - (1 / 1680.0 - 1 / 1188.0 / square) / square
    return (1 / 12.0 - (1 / 360.0 - tail / square) / square) / count


@inner
def _deviance(count: float, expected: float) -> float:
    """Return count ln(count / expected) + expected - count, by a series where both are close."""
    distance = count - expected
    if abs(distance) >= 0.1 * (count + expected):
        return count * math.log(count / expected) - distance
    ratio = distance / (count + expected)
    total = distance * ratio
    term = 2 * count * ratio
    for odd in range(3, 1001, 2):
        term *= ratio * ratio
        before = total
        total += term / odd
        if total == before:
            break
    return total


@inner
def _log_binomial(hits: float, draws: float, share: float, rest: float) -> float:
    """Return ln of the chance of so many hits; share + rest = 1, both given to keep digits."""
    if hits == 0:
        if share < 0.1:
            return -_deviance(draws, draws * rest) - draws * share
        return draws * math.log(rest)
    if hits == draws:
        if rest < 0.1:
            return -_deviance(draws, draws * share) - draws * rest
        return draws * math.log(share)
    misses = draws - hits
    errors = _stirling_error(draws) - _stirling_error(hits) - _stirling_error(misses)
    deviances = _deviance(hits, draws * share) + _deviance(misses, draws * rest)
    return errors - deviances - _HALF_LOG_TWO_PI - 0.5 * math.log(hits * (misses / draws))


@inner
def _chance(joint: float, small: float, large: float, baskets: float) -> float:
    """Return the chance that exactly so many of the `small` baskets are among the `large`."""
    share, rest = small / baskets, (baskets - small) / baskets
    inside = _log_binomial(joint, large, share, rest)
    outside = _log_binomial(small - joint, baskets - large, share, rest)
    return math.exp(inside + outside - _log_binomial(small, baskets, share, rest))


@inner
def _from(joint: float, small: float, large: float, baskets: float) -> float:
    """Return the chance of so many or more; each term is smaller than the one before."""
    term = total = _chance(joint, small, large, baskets)
    neither = baskets - small - large
    while joint < small:
        ratio = (small - joint) * (large - joint) / ((joint + 1) * (neither + joint + 1))
        term *= ratio
        total += term
        joint += 1
        if term * ratio <= _NEGLIGIBLE * total * (1 - ratio):  # the rest is below a geometric sum
            break
    return total


@inner
def _up_to(joint: float, small: float, large: float, baskets: float) -> float:
    """Return the chance of so many or fewer; each term is smaller than the one before."""
    term = total = _chance(joint, small, large, baskets)
    neither = baskets - small - large
    while joint > 0 and neither + joint > 0:
        ratio = joint * (neither + joint) / ((small - joint + 1) * (large - joint + 1))
        term *= ratio
        total += term
        joint -= 1
        if term * ratio <= _NEGLIGIBLE * total * (1 - ratio):
            break
    return total


@inner
def tail(joint: int, left: int, right: int, baskets: int) -> float:
    """Return the chance of `joint` or more baskets with both sides."""
    small, large = float(min(left, right)), float(max(left, right))
    at, everything = float(joint), float(baskets)
    least = max(0.0, small + large - everything)
    if at <= least:
        return 1.0
    if at * everything > small * large:
        return min(1.0, _from(at, small, large, everything))
    return max(0.0, 1.0 - _up_to(at - 1, small, large, everything))


@entry("void(int64[::1], int64[::1], int64[::1], int64[::1], float64[::1])")
def _write_tails(
    joint: Int64s, left: Int64s, right: Int64s, baskets: Int64s, tails: Floats
) -> None:
    """Do the work of `upper_tails`."""
    for row in range(len(joint)):
        tails[row] = tail(joint[row], left[row], right[row], baskets[row])


def upper_tails(joint: Int64s, left: Int64s, right: Int64s, baskets: Int64s) -> Floats:
    """Return for each row the chance of `joint` or more baskets with both sides.

    Args:
        joint: Baskets with both sides, at most the smaller side.
        left: Baskets with the one side.
        right: Baskets with the other side.
        baskets: All baskets, below 2 to the 53.
    """
    tails = np.empty(len(joint), np.float64)
    _write_tails(joint, left, right, baskets, tails)
    return tails
