"""Which items of one leaf category are most alike: block by block, so that memory stays small."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from pipeline.mining.baskets import Bools, Floats, Int32s, Int64s, order_of, to_offsets
from pipeline.serving.evidence import Evidence, pairs_of
from pipeline.serving.lists import ranges_of
from pipeline.serving.shelf import NONE, Labels, Shelf

MOST_COMPARED = 1000
"""Items of a category that may be shown as alike: those that sell best."""
CELLS_PER_BLOCK = 1 << 20
"""Pairs that are scored at once: 8 MB an array."""
WEIGHT_UNIT = 1 << 15
"""Weights of terms are whole numbers of parts of one, so that sums of products are exact."""
_WORD = r"(?u)\b\w+\b"
BARRED = -1
"""Score of a pair that may not be."""

Score = Callable[[Int32s, Int32s], Int64s]
"""Takes source items and candidate items; returns the score of every pair, a row a source."""


def most_alike(shelf: Shelf, sources: Int32s, score: Score, *, most: int) -> Evidence:
    """Return the candidates of the source's leaf category with the highest scores.

    Candidates are the MOST_COMPARED items of the category that sell best. Ties go to what sells
    better, then by id.

    Args:
        shelf: The items.
        sources: Numbers of the items that need alternatives, ascending.
        score: Scores pairs, or bars them.
        most: Candidates kept of each source.

    Returns:
        Pairs with their scores.
    """
    found = [
        _best_of_block(rows, candidates, score, most)
        for rows, candidates in _blocks(shelf.categories, sources)
    ]
    nothing = np.zeros(0, np.int64)
    pieces = zip(*found, strict=True) if found else (nothing, nothing, nothing)
    source, target, scores = (np.concatenate([nothing, *piece]) for piece in pieces)
    order = np.argsort(source << 32 | np.arange(len(source)))  # each block has its own order
    return pairs_of(
        source[order].astype(np.int32),
        target[order].astype(np.int32),
        scores=scores[order].astype(np.float64),
    )


def terms_in_common(shelf: Shelf) -> Score:
    """Return what scores pairs by the products of their `term_weights`, and bars those of 0."""
    weights = term_weights(shelf)

    def score(sources: Int32s, candidates: Int32s) -> Int64s:
        scores = (weights[sources] @ weights[candidates].T).toarray().astype(np.int64)
        return np.where(scores > 0, scores, BARRED)

    return score


def brand_and_attributes(shelf: Shelf) -> Score:
    """Return what counts the attributes in which two items are equal; the brand outweighs all."""
    brand = len(shelf.attributes) + 1
    weights = [(shelf.brands, brand), *((labels, 1) for labels in shelf.attributes.values())]

    def score(sources: Int32s, candidates: Int32s) -> Int64s:
        counts = np.zeros((len(sources), len(candidates)), np.int64)
        for labels, weight in weights:
            own = labels.codes[sources][:, None]
            counts += ((own == labels.codes[candidates]) & (own != NONE)) * weight
        return counts

    return score


def term_weights(shelf: Shelf) -> Any:  # noqa: ANN401 - a scipy array
    """Return the weight of every term of every item: TF-IDF, of length 1, in parts of WEIGHT_UNIT.

    Terms are the words of the name, and every attribute and the brand with its value; a term
    counts once an item. The weights are those of scikit-learn: ln((1 + items) / (1 + items with
    the term)) + 1. They do not depend on which items need alternatives.
    """
    from scipy.sparse import csr_array
    from sklearn.feature_extraction.text import TfidfTransformer

    present = csr_array(_stacked([*_words(shelf.names), *_one_hot(shelf)], len(shelf)))
    weights = csr_array(TfidfTransformer().fit_transform(present)) if present.nnz else present
    weights.data = np.rint(weights.data * WEIGHT_UNIT)
    return weights


def _stacked(columns: list[Any], item_count: int) -> Any:  # noqa: ANN401 - scipy
    from scipy.sparse import csr_array, hstack

    if not columns:
        return csr_array((item_count, 1), dtype=np.float64)
    return hstack(columns, format="csr", dtype=np.float64)


def _words(names: list[str]) -> Iterator[Any]:
    """Yield which words each name has; nothing where no name has any."""
    from sklearn.feature_extraction.text import CountVectorizer

    if any(letter.isalnum() for name in names for letter in name):
        counter = CountVectorizer(binary=True, token_pattern=_WORD)
        yield counter.fit_transform(names)


def _one_hot(shelf: Shelf) -> Iterator[Any]:
    for labels in (*shelf.attributes.values(), shelf.brands):
        yield _indicator(labels)


def _indicator(labels: Labels) -> Any:  # noqa: ANN401 - scipy
    """Return a column for each text, with 1 where an item has it."""
    from scipy.sparse import csr_array

    has_text = labels.codes != NONE
    offsets = to_offsets(has_text.astype(np.int64))
    shape = (len(labels.codes), max(1, len(labels.texts)))
    values = np.ones(int(offsets[-1]))
    return csr_array((values, labels.codes[has_text], offsets), shape=shape)


def _blocks(categories: Labels, sources: Int32s) -> Iterator[tuple[Int32s, Int32s]]:
    """Yield sources of one leaf category, as many as fit in a block, with its candidates."""
    known = np.flatnonzero(categories.codes != NONE)
    members = known[order_of(categories.codes[known])].astype(np.int32)
    count = len(categories.texts)
    starts, ends = ranges_of(categories.codes[members].astype(np.int64), count)
    needy = sources[categories.codes[sources] != NONE]
    needy = needy[order_of(categories.codes[needy])]
    firsts, lasts = ranges_of(categories.codes[needy].astype(np.int64), count)
    for leaf in np.flatnonzero(lasts > firsts).tolist():
        candidates = members[starts[leaf] : min(ends[leaf], starts[leaf] + MOST_COMPARED)]
        step = max(1, CELLS_PER_BLOCK // len(candidates))
        for first in range(int(firsts[leaf]), int(lasts[leaf]), step):
            yield needy[first : min(first + step, int(lasts[leaf]))], candidates


def _best_of_block(
    sources: Int32s, candidates: Int32s, score: Score, most: int
) -> tuple[Int64s, Int64s, Int64s]:
    """Return source, target and score of the best pairs of a block, those of a source in order."""
    scores = score(sources, candidates)
    scores[sources[:, None] == candidates[None, :]] = BARRED
    width = len(candidates)
    # No two keys of a row are equal, so which are the best does not depend on the algorithm.
    keys = scores * width + np.arange(width - 1, -1, -1)
    if most < width:
        keys = np.partition(keys, width - most, axis=1)[:, width - most :]
    keys = -np.sort(-keys, axis=1)
    rows, columns = np.nonzero(keys >= 0)
    best, place = np.divmod(keys[rows, columns], width)
    return sources[rows].astype(np.int64), candidates[width - 1 - place].astype(np.int64), best


def cosine_of(scores: Floats) -> Floats:
    """Return the cosine that a score of `term_weights` stands for."""
    return np.asarray(scores / WEIGHT_UNIT**2)


def is_needy(needy: Bools | None, items: Int32s) -> Int32s:
    """Return the items of the sources that need candidates, ascending; of all where None."""
    wanted = items if needy is None else items[needy]
    return np.unique(wanted[wanted != NONE]).astype(np.int32)
