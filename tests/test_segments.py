"""Maps from scores to segments: a map is taken if, and only if, it holds every cell once."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pipeline.config.customer_options import Rfm
from pipeline.config.segment_maps import SEGMENT_MAPS, Segment, SegmentMap

CELLS = [(recency, frequency) for recency in range(1, 6) for frequency in range(1, 6)]
SCORES = st.lists(st.integers(1, 5), min_size=1, max_size=5, unique=True)


def cells_of(segments: list[Segment]) -> list[tuple[int, int]]:
    """Return the cells of a map, each as often as a segment holds it."""
    return [cell for one in segments for cell in product(one.recency, one.frequency)]


# R and F of the eleven segments as they are usually given, where they overlap.
USUAL_ELEVEN = {
    "champions": ("45", "45"),
    "loyal": ("2345", "345"),
    "potential_loyalist": ("345", "123"),
    "new_customer": ("45", "1"),
    "promising": ("34", "1"),
    "need_attention": ("23", "23"),
    "about_to_sleep": ("23", "12"),
    "at_risk": ("12", "2345"),
    "cant_lose": ("1", "45"),
    "hibernating": ("12", "12"),
    "lost": ("12", "12"),
}


@pytest.mark.parametrize(("known", "count"), [("ten", 10), ("eleven", 11)])
def test_a_known_map_holds_every_cell_once(known: SegmentMap, count: int) -> None:
    segments = Rfm(segment_map=known).used_segments
    assert sorted(CELLS) == sorted(cells_of(segments))
    assert count == len({segment.name for segment in segments})


def test_each_of_the_eleven_segments_lies_where_it_is_usually_drawn() -> None:
    assert USUAL_ELEVEN.keys() == {segment.name for segment in SEGMENT_MAPS["eleven"]}
    for segment in SEGMENT_MAPS["eleven"]:
        recency, frequency = USUAL_ELEVEN[segment.name]
        assert {str(score) for score in segment.recency} <= set(recency)
        assert {str(score) for score in segment.frequency} <= set(frequency)


def test_ten_segments_are_the_default_and_a_map_of_ones_own_comes_first() -> None:
    assert SEGMENT_MAPS["ten"] == Rfm().used_segments
    every = [1, 2, 3, 4, 5]
    own = [Segment(name="all", recency=every, frequency=every)]
    assert own == Rfm(segment_map="eleven", segments=own).used_segments


@pytest.mark.parametrize(
    ("recency", "problem"),
    [([1, 2, 3, 4], "recency 5, frequency 1 is in 0 segments"),
     ([1, 2, 3, 4, 5, 5], "recency 5, frequency 1 is in 2 segments")],
)  # fmt: skip
def test_a_map_with_a_gap_or_an_overlap_names_its_cells(recency: list[int], problem: str) -> None:
    every = [1, 2, 3, 4, 5]
    with pytest.raises(ValidationError, match=problem):
        Rfm(segments=[Segment(name="all", recency=recency, frequency=every)])


@given(st.lists(st.builds(Segment, name=st.just("any"), recency=SCORES, frequency=SCORES)))
def test_a_map_is_taken_if_and_only_if_it_holds_every_cell_once(segments: list[Segment]) -> None:
    is_whole = not segments or sorted(CELLS) == sorted(cells_of(segments))
    try:
        Rfm(segments=segments)
    except ValidationError:
        assert not is_whole
    else:
        assert is_whole


@given(st.permutations([1, 2, 3, 4, 5]), st.integers(1, 4), st.permutations([1, 2, 3, 4, 5]))
def test_every_map_of_blocks_is_taken(rows: list[int], cut: int, columns: list[int]) -> None:
    blocks = [(rows[:cut], columns), (rows[cut:], columns[:cut]), (rows[cut:], columns[cut:])]
    segments = [Segment(name=str(at), recency=r, frequency=f) for at, (r, f) in enumerate(blocks)]
    assert segments == Rfm(segments=segments).segments
