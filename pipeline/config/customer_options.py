"""Options of the tables of customers."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field, model_validator

from pipeline.config.section import Count, Days, Section
from pipeline.config.segment_maps import (
    SEGMENT_MAPS,
    Segment,
    SegmentMap,
    check_every_cell_once,
)

_CUT_COUNT = 4
"""Scores 2 to 5 begin at a cut; whatever reaches none has score 1."""


class Thresholds(Section):
    """Where the scores 2, 3, 4 and 5 begin, for `rfm.scoring: thresholds`."""

    recency_days: list[Annotated[float, Field(ge=0)]] = []
    """Most days since the last order, from score 2 to 5: `[180, 90, 30, 7]`."""
    frequency: list[Annotated[float, Field(ge=0)]] = []
    """Least number of orders, from score 2 to 5: `[2, 3, 5, 10]`."""
    monetary: list[Annotated[float, Field(ge=0)]] = []
    """Least monetary value, from score 2 to 5; empty leaves the monetary score out."""

    @model_validator(mode="after")
    def _gets_no_easier(self) -> "Thresholds":
        risen = {name: _in_order(getattr(self, name)) for name in ("frequency", "monetary")}
        risen["recency_days"] = _in_order(self.recency_days[::-1])
        for name in sorted(name for name, is_in_order in risen.items() if not is_in_order):
            message = f"{name}: give four numbers, none easier to reach than the one before it"
            raise ValueError(message)
        return self


def _in_order(cuts: Sequence[float]) -> bool:
    return not cuts or (len(cuts) == _CUT_COUNT and sorted(cuts) == list(cuts))


class Rfm(Section):
    """Recency, frequency and monetary value of customers."""

    lookback_days: Days | None = 365
    """Length of the window that ends at as_of; null takes everything before as_of."""
    monetary: Literal["sum", "mean"] = "sum"
    """Net sum of a customer's orders, or their mean."""
    scoring: Literal["quantile", "thresholds", "frozen"] = "quantile"
    """Where scores begin: at fifths of this run's customers, at `thresholds`, or at the cuts of
    an earlier run (`frozen_cuts`), so that a score means the same in every run."""
    thresholds: Thresholds = Thresholds()
    """Where the scores begin, for `scoring: thresholds`."""
    frozen_cuts: str | None = None
    """File `rfm_cuts.parquet` of an earlier run, relative to this file, for `scoring: frozen`."""
    segment_map: SegmentMap = "ten"
    """Map from scores to segments: ten segments, or eleven (with `lost`)."""
    segments: list[Segment] = []
    """A map of your own instead; every pair of scores must lie in exactly one entry."""
    value_days: Days = 365
    """Days over which customer_value extends a customer's pace."""
    min_tenure_days: Days = 90
    """A customer is taken to be at least this old, or one order yesterday would be a fortune."""

    @property
    def used_segments(self) -> list[Segment]:
        """The map that is used."""
        return self.segments or SEGMENT_MAPS[self.segment_map]

    @model_validator(mode="after")
    def _covers_every_cell_once(self) -> "Rfm":
        check_every_cell_once(self.used_segments)
        return self

    @model_validator(mode="after")
    def _has_cuts(self) -> "Rfm":
        if self.scoring == "thresholds":
            missing = {"recency_days", "frequency"} - {n for n, v in self.thresholds if v}
            if missing:
                message = f"scoring by thresholds needs thresholds.{min(missing)}"
                raise ValueError(message)
        if (self.scoring == "frozen") != (self.frozen_cuts is not None):
            message = "give scoring: frozen and frozen_cuts together"
            raise ValueError(message)
        return self


class Interests(Section):
    """Clusters of customers by the categories that they buy from."""

    clusters: Annotated[int, Field(ge=2, le=100)] | None = None
    """Number of clusters; null leaves the tables out."""
    lookback_days: Days | None = 365
    """Length of the window that ends at as_of; null takes everything before as_of."""
    category_depth: Count = 1
    """Levels of the category that count, from the widest."""
    max_categories: Annotated[int, Field(ge=2)] = 50
    """Categories told apart, those with most sales; the rest are `other categories`."""
    min_items: Count = 5
    """A customer with fewer items, counted once an order, is in no cluster."""
