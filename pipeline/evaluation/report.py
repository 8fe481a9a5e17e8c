"""An evaluation as text, as JSON and as a plot."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from pipeline.errors import UsageError
from pipeline.evaluation.evaluate import Evaluated, EvaluationReport
from pipeline.evaluation.kpis import SalesTogether
from pipeline.evaluation.measures import Interval
from pipeline.io.durable import storage_errors
from pipeline.layout import aligned

_FOUND = (
    *("list", "kind", "hit rate", "95 %", "reciprocal rank", "95 %"),
    *("coverage", "full lists", "popularity"),
)
_TOGETHER = (
    *("list", "cross-sell rate", "attach rate", "order value, pair", "without"),
    *("refund rate, pair", "without"),
)


def report_text(report: EvaluationReport) -> str:
    """Return an evaluation for people: what each list found, and how its pairs sell together."""
    return "\n\n".join(_parts(report))


def report_json(report: EvaluationReport) -> str:
    """Return an evaluation as one JSON document; its fields are those of `EvaluationReport`."""
    return json.dumps(asdict(report), indent=2, ensure_ascii=False)


def _parts(report: EvaluationReport) -> Iterator[str]:
    yield (
        f"Mined {report.train_order_count} orders before {report.train_until}; asked for the "
        f"hidden item of {report.test_order_count} orders up to {report.test_until}, "
        f"{report.top} suggestions each."
    )
    yield aligned(_FOUND, [_found(one) for one in report.lists])
    rows = [_sold(one.name, one.together) for one in report.lists if one.together]
    if rows:
        heading = "How the pairs of each list sold together after that (associations, not effects):"
        yield f"{heading}\n{aligned(_TOGETHER, rows)}"


def _found(one: Evaluated) -> tuple[object, ...]:
    kind = "baseline" if one.is_baseline else "table"
    hit, reciprocal = one.hit_rate, one.mean_reciprocal_rank
    found = (hit.value, _bounds(hit), reciprocal.value, _bounds(reciprocal))
    return (one.name, kind, *found, one.coverage, one.full_list_share, one.popularity)


def _bounds(interval: Interval) -> str:
    return f"{interval.low:.4f} to {interval.high:.4f}"


def _sold(name: str, together: SalesTogether) -> tuple[object, ...]:
    return (name, *asdict(together).values())


def save_plot(report: EvaluationReport, path: Path) -> None:
    """Draw the hit rate of every list with its interval, as PNG.

    Raises:
        UsageError: matplotlib is not installed.
        StorageError: The file cannot be written.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        message = "--plot needs matplotlib: pip install 'basket-pipeline[plot]'"
        raise UsageError(message) from error
    lists = report.lists[::-1]
    figure = Figure(figsize=(8, 1 + 0.5 * len(lists)), layout="constrained")
    axes = figure.subplots()
    rates = [one.hit_rate for one in lists]
    spans = [[r.value - r.low for r in rates], [r.high - r.value for r in rates]]
    colours = ["0.75" if one.is_baseline else "C0" for one in lists]
    axes.barh([one.name for one in lists], [r.value for r in rates], xerr=spans, color=colours)
    axes.set_xlabel(f"hit rate of {report.top} suggestions (95 % interval; baselines in grey)")
    with storage_errors(path, "write the plot"):
        figure.savefig(path, format="png", dpi=120)
