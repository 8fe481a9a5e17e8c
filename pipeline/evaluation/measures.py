"""How well a list finds hidden items: metrics with bootstrap intervals, and what it shows."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.mining.baskets import Int64s

RESAMPLES = 1000
MAX_CLUSTERS = 5000
_SEED = 20_240_229
_BOUNDS = (0.025, 0.975)

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """A metric and its 95 % interval.

    Attributes:
        value: The metric, over all test orders.
        low: Its 2.5 % quantile over resamples of customers.
        high: Its 97.5 % quantile.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Outcomes:
    """What a list did for each test order.

    Attributes:
        customers: A code of each order's customer; an anonymous order has one of its own.
        ranks: Rank at which the hidden item was suggested, 0 where it was not.
    """

    customers: Int64s
    ranks: Int64s


def outcomes_of(found: pa.Table) -> Outcomes:
    """Return what a list did from the rows of `found_items`, in an order of their own."""
    found = found.sort_by([("order_code", "ascending")])
    alone = pc.subtract(pc.multiply(pc.abs(found["order_code"]), -1), 1)
    customers = pc.coalesce(found["customer_code"], alone)
    return Outcomes(customers.to_numpy(), pc.fill_null(found["rank"], 0).to_numpy())


def hit_rate(outcomes: Outcomes) -> Interval:
    """Return the share of test orders whose hidden item is among the suggestions.

    Example:
        Hidden items found at ranks 1, 3 and not at all: 2 of 3.
    """
    return _mean(outcomes.customers, (outcomes.ranks > 0).astype(np.float64))


def mean_reciprocal_rank(outcomes: Outcomes) -> Interval:
    """Return the mean over test orders of 1 / rank of the hidden item, 0 where it is not found.

    Example:
        Hidden items found at ranks 1, 4 and not at all: (1 + 1/4 + 0) / 3.
    """
    ranks = outcomes.ranks
    reciprocal = np.divide(1.0, ranks, out=np.zeros(len(ranks)), where=ranks > 0)
    return _mean(outcomes.customers, reciprocal)


def _mean(customers: Int64s, values: Floats) -> Interval:
    """Return the mean and its interval by resampling customers: their orders are alike.

    Source: the percentile bootstrap of Efron (1979), over clusters.
    """
    # Beyond some thousand clusters the interval stays the same: customers share one then.
    cluster = np.unique(customers, return_inverse=True)[1] % MAX_CLUSTERS
    sums = np.bincount(cluster, values).astype(np.float64)
    sizes = np.bincount(cluster).astype(np.float64)
    draw = np.random.default_rng(_SEED)
    means = [_resampled(draw, sums, sizes) for _ in range(RESAMPLES)]
    low, high = np.quantile(means, _BOUNDS)
    return Interval(float(values.mean()), float(low), float(high))


def _resampled(draw: np.random.Generator, sums: Floats, sizes: Floats) -> float:
    chosen = draw.integers(0, len(sums), len(sums))
    return float(sums[chosen].sum() / sizes[chosen].sum())
