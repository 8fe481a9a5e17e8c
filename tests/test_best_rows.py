"""The best rows of each source against sorting all of them."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.mining.best_rows import best_rows

ROW = st.tuples(st.integers(0, 4), st.sampled_from([0.0, 0.5, 1.0, 2.5]), st.integers(-3, 3))


@given(drawn=st.lists(ROW, max_size=60), most=st.integers(1, 6))
def test_the_best_rows_are_those_that_a_full_sort_puts_first(
    drawn: list[tuple[int, float, int]], most: int
) -> None:
    rows = [(*row, place) for place, row in enumerate(sorted(drawn, key=lambda row: row[0]))]
    expected = []
    for source in range(5):
        ranked = sorted((-score, tie, place) for at, score, tie, place in rows if at == source)
        expected += [(place, rank) for rank, (*_, place) in enumerate(ranked[:most], start=1)]
    sources, scores, ties, places = (
        np.array([row[column] for row in rows], kind)
        for column, kind in enumerate((np.int32, np.float64, np.int64, np.int64))
    )
    found, ranks = best_rows(sources, scores, (ties, places), most)
    assert expected == list(zip(found.tolist(), ranks.tolist(), strict=True))
