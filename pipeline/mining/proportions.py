"""Shares of counts: their bounds, and how likely they are by chance."""

from typing import cast

import numpy as np

from pipeline.mining.baskets import Bools, Floats, Int64s

Z = 1.96
_HALF, _QUARTER, _ROUNDING = 0.5, 0.25, 1e-6


def wilson(successes: Int64s, trials: Int64s) -> tuple[Floats, Floats]:
    """Return the Wilson interval of successes / trials at 95 %, inside 0 to 1.

    Args:
        successes: At most the trials.
        trials: Above 0.

    Example:
        >>> low, high = wilson(np.array([50]), np.array([100]))
        >>> round(float(low[0]), 3), round(float(high[0]), 3)
        (0.404, 0.596)
    """
    reach = Z * np.sqrt(successes * (trials - successes) / trials + Z * Z / 4)
    middle, divisor = successes + Z * Z / 2, trials + Z * Z
    return np.maximum((middle - reach) / divisor, 0), np.minimum((middle + reach) / divisor, 1)


def at_least_by_chance(successes: Int64s, trials: Int64s, share: Floats) -> Floats:
    """Return the chance of so many successes or more: the upper tail of a binomial distribution.

    Args:
        successes: Counts from 0 on.
        trials: Not below the successes.
        share: Chance of one success.

    Example:
        >>> at_least_by_chance(np.array([9]), np.array([10]), np.array([0.5])) * 1024
        array([11.])
    """
    from scipy.special import betainc

    some = np.maximum(successes, 1)
    tail = betainc(some, trials - some + 1, share)
    return cast("Floats", np.where(successes > 0, tail, 1.0))


def may_be_below(successes: Int64s, trials: Int64s, share: Floats, limit: float) -> Bools:
    """Return whether `at_least_by_chance` may be at most a limit; False is certain.

    Where successes are at most their expectation it is a half or more: they are at most the median.
    Where the share is at most a quarter it is no less than the tail of the normal distribution with
    the same mean and variance. Both cost a fraction of the tail itself.

    Source:
        Slud, Distribution inequalities for the binomial law, Annals of Probability 5, 1977.
    """
    from scipy.special import ndtri

    if limit >= _HALF:
        return np.ones(len(successes), np.bool_)
    excess = successes - trials * share
    reach = np.sqrt(trials * share * (1 - share)) * float(-ndtri(limit))
    is_possible: Bools = excess > np.where(share <= _QUARTER, reach, 0) * (1 - _ROUNDING)
    return is_possible
