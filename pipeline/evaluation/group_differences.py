"""How far two groups differ in a share or in a mean, with 95 % intervals."""

from dataclasses import dataclass
from math import fsum, sqrt

import numpy as np

from pipeline.mining.baskets import Bools, Floats
from pipeline.mining.proportions import wilson


@dataclass(frozen=True)
class Difference:
    """A figure of two groups, and how far the first is above the second.

    Attributes:
        treated: The figure of the first group; None where it has nobody.
        control: That of the second.
        treated_size: People of the first group whom the figure is about.
        control_size: Those of the second.
        difference: treated - control; None where one is not known.
        low: Lower bound of the difference at 95 %; None where it cannot be told.
        high: Upper bound.
    """

    treated: float | None
    control: float | None
    treated_size: int
    control_size: int
    difference: float | None = None
    low: float | None = None
    high: float | None = None


def share_difference(treated: Bools, control: Bools) -> Difference:
    """Return the difference of two shares, with Newcombe's interval from two of Wilson's.

    Args:
        treated: Whether each person of the first group did it.
        control: The same of the second.

    Source: R. G. Newcombe, Interval estimation for the difference between independent
        proportions, 1998, method 10.

    Example:
        >>> found = share_difference(np.arange(70) < 56, np.arange(80) < 48)
        >>> round(found.difference, 2), round(found.low, 4), round(found.high, 4)
        (0.2, 0.0524, 0.3339)
    """
    counts = np.array([treated.sum(), control.sum()])
    sizes = np.array([len(treated), len(control)])
    if not sizes.all():
        return _unknown(treated, control)
    first, second = (counts / sizes).tolist()
    lows, highs = (bounds.tolist() for bounds in wilson(counts, sizes))
    down = sqrt((first - lows[0]) ** 2 + (highs[1] - second) ** 2)
    up = sqrt((highs[0] - first) ** 2 + (second - lows[1]) ** 2)
    difference = first - second
    bounds = difference - down, difference + up
    return Difference(first, second, *_sizes(treated, control), difference, *bounds)


def mean_difference(treated: Floats, control: Floats) -> Difference:
    """Return the difference of two means, with Welch's interval.

    Args:
        treated: The value of each person of the first group.
        control: The same of the second.

    Source: B. L. Welch, The generalization of Student's problem when several different population
        variances are involved, 1947; degrees of freedom by Satterthwaite, 1946.
    """
    from scipy.special import stdtrit

    sizes = np.array([len(treated), len(control)])
    first, second = _mean(treated), _mean(control)
    if first is None or second is None or sizes.min() < 2:  # noqa: PLR2004 - one has no spread
        return _unknown(treated, control)
    parts = [_variance(treated, first) / sizes[0], _variance(control, second) / sizes[1]]
    error, difference = sum(parts), first - second
    if not error:
        return Difference(
            first, second, *_sizes(treated, control), difference, difference, difference
        )
    freedom = error**2 / sum(part**2 / (n - 1) for part, n in zip(parts, sizes, strict=True))
    reach = float(stdtrit(freedom, 0.975)) * sqrt(error)
    bounds = difference - reach, difference + reach
    return Difference(first, second, *_sizes(treated, control), difference, *bounds)


def _unknown(treated: Bools | Floats, control: Bools | Floats) -> Difference:
    """Return figures whose difference has no interval."""
    first, second = _mean(treated), _mean(control)
    difference = None if first is None or second is None else first - second
    return Difference(first, second, *_sizes(treated, control), difference)


def _sizes(treated: Bools | Floats, control: Bools | Floats) -> tuple[int, int]:
    return len(treated), len(control)


def _mean(values: Bools | Floats) -> float | None:
    """Return the mean; summed exactly, so that no order of the people shows in it."""
    return fsum(values.tolist()) / len(values) if len(values) else None


def _variance(values: Floats, mean: float) -> float:
    return fsum(((values - mean) ** 2).tolist()) / (len(values) - 1)
