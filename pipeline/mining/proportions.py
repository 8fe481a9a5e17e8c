"""Shares of counts: their bounds, and how likely they are by chance."""

from typing import cast

import numpy as np

from pipeline.mining.baskets import Floats, Int32s, Int64s

Z = 1.96


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


def least_chances(pairs: tuple[Int32s, Int32s, Int64s], trials: Int64s, shares: Floats) -> Floats:
    """Return for each pair a lower bound of `at_least_by_chance`, at a fraction of its cost.

    Args:
        pairs: Source and target of each pair by number, and its successes.
        trials: Trials of each source.
        shares: Chance of one success of each target.
    """
    from scipy.special import gammaln

    from pipeline.mining.kernels.binomial import least_tails

    log_factorials = gammaln(np.arange(int(trials.max(initial=0)) + 1) + 1.0)
    return least_tails(*pairs, trials, shares, log_factorials)
