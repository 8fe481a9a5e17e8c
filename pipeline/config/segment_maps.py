"""Maps from scores to segments: the two that we know, and what every map must fulfil."""

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field

from pipeline.config.section import Section

SegmentMap = Literal["ten", "eleven"]


class Segment(Section):
    """One segment: every customer whose scores lie in both lists."""

    name: str
    """Name that is published; several entries may share one."""
    recency: list[Annotated[int, Field(ge=1, le=5)]]
    """Recency scores of the segment."""
    frequency: list[Annotated[int, Field(ge=1, le=5)]]
    """Frequency scores of the segment."""


_SHARED = (
    ("potential_loyalist", [4, 5], [2, 3]),
    ("new_customer", [5], [1]),
    ("promising", [4], [1]),
    ("need_attention", [3], [3]),
    ("about_to_sleep", [3], [1, 2]),
)
_TEN = (
    ("champions", [5], [4, 5]),
    ("loyal", [3, 4], [4, 5]),
    *_SHARED,
    ("cant_lose", [1, 2], [5]),
    ("at_risk", [1, 2], [3, 4]),
    ("hibernating", [1, 2], [1, 2]),
)
# The usual rules of this map overlap; here each cell has the narrowest rule that holds it.
_ELEVEN = (
    ("champions", [4, 5], [4, 5]),
    ("loyal", [3], [4, 5]),
    *_SHARED,
    ("cant_lose", [1], [4, 5]),
    ("at_risk", [2], [3, 4, 5]),
    ("at_risk", [1], [3]),
    ("hibernating", [2], [1, 2]),
    ("hibernating", [1], [2]),
    ("lost", [1], [1]),
)
SEGMENT_MAPS: dict[SegmentMap, list[Segment]] = {
    "ten": [Segment(name=name, recency=r, frequency=f) for name, r, f in _TEN],
    "eleven": [Segment(name=name, recency=r, frequency=f) for name, r, f in _ELEVEN],
}


def check_every_cell_once(segments: Iterable[Segment]) -> None:
    """Check that every pair of scores lies in exactly one segment.

    Raises:
        ValueError: Names each pair that lies in none or in several.
    """
    cells = [
        (recency, frequency)
        for segment in segments
        for recency in segment.recency
        for frequency in segment.frequency
    ]
    problems = [
        f"recency {r}, frequency {f} is in {cells.count((r, f))} segments"
        for r in range(1, 6)
        for f in range(1, 6)
        if cells.count((r, f)) != 1
    ]
    if problems:
        message = "every pair of scores must be in exactly one segment: " + "; ".join(problems)
        raise ValueError(message)
