"""Bounds of binomial tails, for millions of pairs of which few have a small one.

The tail from k on is a sum of chances that each follow from the one before it. The first few of
them, until they fall off or there are enough, are a lower bound that is nearly the sum where it is
small. What is at most its expectation has a tail of a half or more: it is at most the median.

Time: a few additions a pair. Memory: a number a pair.

Source: R. Kaas and J. M. Buhrman, Mean, median and mode in binomial distributions, Statistica
Neerlandica 34, 1980.
"""

import numpy as np

from pipeline.mining.baskets import Floats, Int32s, Int64s
from pipeline.mining.kernels.compiled import entry

_MOST_TERMS = 32
_FALLEN_OFF = 0.1
_ROUNDING = 1e-6
_HALF = 0.5


@entry(
    "void(int32[::1], int32[::1], int64[::1], int64[::1], float64[::1], float64[::1],"
    " UniTuple(float64[::1], 2), float64[::1])"
)
def _sum_tails(
    sources: Int32s,
    targets: Int32s,
    counts: Int64s,
    trials: Int64s,
    shares: Floats,
    log_factorials: Floats,
    logs: tuple[Floats, Floats],
    least: Floats,
) -> None:
    """Do the work of `least_tails`; `logs` has room for two numbers of each target."""
    gains, losses = logs
    for target in range(len(shares)):
        gains[target], losses[target] = np.log(shares[target]), np.log1p(-shares[target])
    for pair in range(len(counts)):
        target, many, count = targets[pair], trials[sources[pair]], counts[pair]
        if count <= many * shares[target] * (1 - _ROUNDING):
            least[pair] = _HALF
            continue
        rest = many - count
        ways = log_factorials[many] - log_factorials[count] - log_factorials[rest]
        losing = rest * losses[target] if rest else 0.0  # a share of 1 never loses
        term = np.exp(ways + count * gains[target] + losing)
        odds, total, terms = shares[target] / (1 - shares[target]), term, 1
        while rest > 0 and terms < _MOST_TERMS and term > _FALLEN_OFF * total:
            count += 1
            term *= rest * odds / count
            rest -= 1
            total += term
            terms += 1
        least[pair] = total * (1 - _ROUNDING)


def least_tails(
    sources: Int32s,
    targets: Int32s,
    counts: Int64s,
    trials: Int64s,
    shares: Floats,
    log_factorials: Floats,
) -> Floats:
    """Return for each pair a number that its chance of so many successes or more is not below.

    Args:
        sources: Number of each pair's source.
        targets: Number of each pair's target.
        counts: Successes of each pair.
        trials: Trials of each source, not below its successes.
        shares: Chance of one success of each target.
        log_factorials: Logarithm of the factorial of each number from 0 to the most trials.
    """
    logs, least = np.empty((2, len(shares))), np.empty(len(counts))
    _sum_tails(sources, targets, counts, trials, shares, log_factorials, (*logs,), least)
    return least
