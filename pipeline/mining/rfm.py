"""Recency, frequency and monetary value of customers, scored from 1 to 5 and named by segment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from pipeline.config.customer_options import Rfm
from pipeline.config.segment_maps import Segment
from pipeline.engine import Engine, Value
from pipeline.mining.steps import build, sql_of
from pipeline.mining.window import Window

FROZEN = "frozen_cuts"
"""Table of the cuts of an earlier run: one row per measure and score, with the cut."""
_TABLES = (
    *("rfm_orders", "rfm_totals", "rfm_customers", "rfm_values"),
    *("rfm_begins", "rfm_scores", "rfm_cells"),
)
_BEGINS = pa.schema([("measure", pa.string()), ("score", pa.int64()), ("goodness", pa.float64())])


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
    """Build `rfm_segments` and `rfm_cuts`: from sale lines to one row per known customer.

    By quantiles a score is `least(5, 1 + floor(5 * worse / all))`, where `worse` counts the
    customers with a strictly worse value: equal values have equal scores, the worst value has
    score 1. By thresholds, and by the cuts of an earlier run, it is 1 plus the cuts reached.

    Args:
        engine: Holds `sale_lines` and `customers`, and `frozen_cuts` where scores are frozen.
        options: Sum or mean, how scores are found, and the map from scores to segments.
        window: Sale lines inside it count; recency is counted back from its end.

    Returns:
        The counts that the run summary shows.
    """
    values: dict[str, Value] = {
        **window.values,
        "monetary": options.monetary,
        "scoring": options.scoring,
        "lookback_days": options.lookback_days,
        "value_days": options.value_days,
        "min_tenure_days": options.min_tenure_days,
    }
    build(engine, "rfm_orders", values)
    build(engine, "rfm_totals", values)
    totals = engine.fetch("rfm_totals").to_pylist()[0]
    build(engine, "rfm_customers", values)
    _build_scores(engine, options)
    _load_cells(engine, options.used_segments)
    build(engine, "rfm_cuts", values)
    row_count = build(engine, "rfm_segments", values)
    engine.drop(*_TABLES)
    return RfmSummary(**totals, row_count=row_count)


def _build_scores(engine: Engine, options: Rfm) -> None:
    """Build `rfm_scores`, and `rfm_begins`: where each score begins."""
    build(engine, "rfm_values", {})
    if options.scoring == "quantile":
        build(engine, "rfm_scores", {})
        build(engine, "rfm_begins", {})
        return
    cuts = _frozen(engine) if options.scoring == "frozen" else _configured(options)
    engine.load("rfm_begins", pa.Table.from_pylist(cuts, _BEGINS))
    engine.create_table("rfm_scores", sql_of("rfm_scores_by_cuts"), {})


def _frozen(engine: Engine) -> list[Mapping[str, object]]:
    rows = engine.fetch(FROZEN).to_pylist()
    return [_begin(row["measure"], row["score"], row["cut"]) for row in rows]


def _configured(options: Rfm) -> list[Mapping[str, object]]:
    return [
        _begin(measure, score, cut)
        for measure, cuts in options.thresholds
        for score, cut in enumerate(cuts, start=2)
    ]


def _begin(measure: str, score: int, cut: float | None) -> Mapping[str, object]:
    """Return where a score begins, turned so that more is better: fewer days are."""
    if cut is not None and measure == "recency_days":
        cut = 0.0 - cut
    return {"measure": measure, "score": score, "goodness": cut}


def _load_cells(engine: Engine, segments: Sequence[Segment]) -> None:
    """Load `rfm_cells`: one row per pair of recency and frequency score."""
    cells = [
        {"recency_score": recency, "frequency_score": frequency, "segment": segment.name}
        for segment in segments
        for recency in segment.recency
        for frequency in segment.frequency
    ]
    engine.load("rfm_cells", pa.Table.from_pylist(cells))
