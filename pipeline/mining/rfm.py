"""Recency, frequency and monetary value of customers, scored from 1 to 5 and named by segment."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.config.customer_options import Rfm, Segment
from pipeline.engine import Engine, Value
from pipeline.mining.steps import build
from pipeline.mining.window import Window

_TABLES = ("rfm_orders", "rfm_totals", "rfm_customers", "rfm_scores", "rfm_cells")


@dataclass(frozen=True)
class RfmSummary:
    """What went into `rfm_segments` and what came out.

    Attributes:
        order_count: Orders of known customers inside the window.
        anonymous_order_count: Orders without a customer, which are left out.
        row_count: Customers, one row each.
    """

    order_count: int
    anonymous_order_count: int
    row_count: int


def build_rfm_segments(engine: Engine, options: Rfm, window: Window) -> RfmSummary:
    """Build `rfm_segments`: from sale lines to one row per known customer.

    A score is `least(5, 1 + floor(5 * worse / all))`, where `worse` counts the customers with a
    strictly worse value: equal values have equal scores, the worst value has score 1.

    Args:
        engine: Holds `sale_lines` and `customers`.
        options: Sum or mean, and the map from scores to segments.
        window: Sale lines inside it count; recency is counted back from its end.

    Returns:
        The counts that the run summary shows.
    """
    values: dict[str, Value] = {**window.values, "monetary": options.monetary}
    build(engine, "rfm_orders", values)
    build(engine, "rfm_totals", values)
    totals = engine.fetch("rfm_totals").to_pylist()[0]
    build(engine, "rfm_customers", values)
    build(engine, "rfm_scores", values)
    _load_cells(engine, options.segments)
    row_count = build(engine, "rfm_segments", values)
    engine.drop(*_TABLES)
    return RfmSummary(**totals, row_count=row_count)


def _load_cells(engine: Engine, segments: Sequence[Segment]) -> None:
    """Load `rfm_cells`: one row per pair of recency and frequency score."""
    import pyarrow as pa

    cells = [
        {"recency_score": recency, "frequency_score": frequency, "segment": segment.name}
        for segment in segments
        for recency in segment.recency
        for frequency in segment.frequency
    ]
    engine.load("rfm_cells", pa.Table.from_pylist(cells))
