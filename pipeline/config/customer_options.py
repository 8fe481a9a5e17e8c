"""Options of the tables of customers."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from pipeline.config.section import Days, Section


class Segment(Section):
    """One segment: every customer whose scores lie in both lists."""

    name: str
    """Name that is published."""
    recency: list[Annotated[int, Field(ge=1, le=5)]]
    """Recency scores of the segment."""
    frequency: list[Annotated[int, Field(ge=1, le=5)]]
    """Frequency scores of the segment."""


def _segments() -> list[Segment]:
    rows = (
        ("champions", [5], [4, 5]),
        ("loyal", [3, 4], [4, 5]),
        ("potential_loyalist", [4, 5], [2, 3]),
        ("new_customer", [5], [1]),
        ("promising", [4], [1]),
        ("need_attention", [3], [3]),
        ("about_to_sleep", [3], [1, 2]),
        ("cant_lose", [1, 2], [5]),
        ("at_risk", [1, 2], [3, 4]),
        ("hibernating", [1, 2], [1, 2]),
    )
    return [Segment(name=name, recency=r, frequency=f) for name, r, f in rows]


class Rfm(Section):
    """Recency, frequency and monetary value of customers."""

    lookback_days: Days | None = 365
    """Length of the window that ends at as_of; null takes everything before as_of."""
    monetary: Literal["sum", "mean"] = "sum"
    """Net sum of a customer's orders, or their mean."""
    segments: list[Segment] = Field(default_factory=_segments)
    """Map from scores to segments; every pair of scores must lie in exactly one."""

    @model_validator(mode="after")
    def _covers_every_cell_once(self) -> "Rfm":
        cells = [
            (recency, frequency)
            for segment in self.segments
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
        return self
