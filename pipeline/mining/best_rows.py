"""The best rows of each source, in a total order."""

from collections.abc import Sequence

import numpy as np

from pipeline.mining.baskets import Floats, Int32s, Int64s, order_of


def best_rows(
    sources: Int32s, scores: Floats, ties: Sequence[Int32s | Int64s], most: int
) -> tuple[Int64s, Int64s]:
    """Return the places of the best rows of each source, source by source, and their ranks.

    Only what has the score of the last one wanted, or a better one, is put in its final order.

    Args:
        sources: Source of each row, ascending from 0 on.
        scores: The higher the better.
        ties: What decides between equal scores, the weightiest first: the lower the better.
        most: Rows that are wanted of each source.

    Example:
        >>> places, ranks = best_rows(
        ...     np.array([0, 0, 0, 1], np.int32),
        ...     np.array([2.0, 3.0, 2.0, 1.0]),
        ...     [np.array([9, 9, 8, 9])],
        ...     2,
        ... )
        >>> places.tolist(), ranks.tolist()
        ([1, 2, 3], [1, 2, 1])
    """
    if not len(sources):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    by_score = np.argsort(-scores)
    by_score = by_score[order_of(sources[by_score])]
    sizes = np.bincount(sources)
    begins = np.cumsum(sizes) - sizes
    lasts = by_score[np.minimum(begins + np.minimum(sizes, most) - 1, len(sources) - 1)]
    near = np.flatnonzero(scores >= scores[lasts][sources])
    keys = [key[near] for key in (*reversed(ties), -scores, sources)]
    order = near[np.lexsort(keys)]
    ranks = np.arange(len(order)) - np.searchsorted(sources[order], sources[order]) + 1
    is_best = ranks <= most
    return order[is_best], ranks[is_best]
