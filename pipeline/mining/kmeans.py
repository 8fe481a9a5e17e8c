"""k-means step by step as scikit-learn takes them: from the same seed the same clusters.

Written out because a run that imports that library for this alone pays 1.5 seconds, ten times what
the clusters of some thousand customers cost; tests hold the one to the other.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.mining.baskets import Floats, Int64s

SEED, STARTS, MOST_ROUNDS = 0, 4, 300


@dataclass(frozen=True)
class _Clustering:
    """The cluster of each point, and the sum of squared distances to the clusters' means."""

    labels: Int64s
    inertia: float


def labels_of(points: Floats, clusters: int) -> Int64s:
    """Return the cluster of each point, from 0 on: the best of some starts.

    Args:
        points: One row a point.
        clusters: At most the number of different points.

    Source:
        Arthur and Vassilvitskii, k-means++: the advantages of careful seeding, SODA 2007.
        Lloyd, Least squares quantization in PCM, IEEE Transactions on Information Theory 28, 1982.

    Example:
        >>> labels_of(np.array([[0.0], [9.0], [1.0]]), 2).tolist() in ([0, 1, 0], [1, 0, 1])
        True
    """
    from threadpoolctl import threadpool_limits  # how threads share sums shows in the last digit

    draws = np.random.RandomState(SEED)  # a newer generator draws other numbers
    centred = points - points.mean(axis=0)
    with threadpool_limits(limits=1):
        found = [_clustering(centred, _starts(centred, clusters, draws)) for _ in range(STARTS)]
    return min(found, key=lambda one: one.inertia).labels


def _starts(points: Floats, clusters: int, draws: np.random.RandomState) -> Floats:
    """Draw points as first centers: of some likely ones each time the one that helps most."""
    trials, count = 2 + int(np.log(clusters)), len(points)
    norms = (points * points).sum(axis=1)
    chosen = [int(draws.choice(count, p=np.full(count, 1 / count)))]
    nearest = _squares(points, norms, chosen)[0]
    for _ in range(1, clusters):
        drawn = draws.uniform(size=trials) * nearest.sum()
        candidates = np.minimum(np.searchsorted(np.cumsum(nearest), drawn), count - 1)
        left = np.minimum(nearest, _squares(points, norms, candidates))
        best = int(np.argmin(left.sum(axis=1)))
        nearest = left[best]
        chosen.append(int(candidates[best]))
    return points[chosen]


def _squares(points: Floats, norms: Floats, chosen: npt.ArrayLike) -> Floats:
    """Return the squared distance of each chosen point, a row each, from all points."""
    rows = np.asarray(chosen)
    found = norms[rows, None] - 2 * (points[rows] @ points.T) + norms
    squares: Floats = np.maximum(found, 0)
    return squares


def _clustering(points: Floats, centers: Floats) -> _Clustering:
    """Move centers to the means of the points that are nearest to them until nothing changes."""
    columns = np.ascontiguousarray(points.T)
    labels = _nearest(columns, centers)
    for _ in range(MOST_ROUNDS):
        centers = means_of(points, centers, labels)
        before, labels = labels, _nearest(columns, centers)
        if np.array_equal(before, labels):
            break
    return _Clustering(labels, float(((points - centers[labels]) ** 2).sum()))


def _nearest(columns: Floats, centers: Floats) -> Int64s:
    squares = (centers * centers).sum(axis=1)[:, None] - 2 * (centers @ columns)
    nearest: Int64s = squares.argmin(axis=0)
    return nearest


def means_of(points: Floats, centers: Floats, labels: Int64s) -> Floats:
    """Return the mean of each cluster; one without points takes the farthest point of another."""
    counts = np.bincount(labels, minlength=len(centers))
    sums = (np.arange(len(centers))[:, None] == labels).astype(np.float64) @ points
    empty = np.flatnonzero(counts == 0)
    if len(empty):
        distances = ((points - centers[labels]) ** 2).sum(axis=1)
        farthest = np.argpartition(distances, -len(empty))[: -len(empty) - 1 : -1]
        for cluster, point in zip(empty, farthest, strict=True):
            sums[cluster], counts[cluster] = points[point], 1
            sums[labels[point]] -= points[point]
            counts[labels[point]] -= 1
    means: Floats = sums / np.maximum(counts, 1)[:, None]
    return means
