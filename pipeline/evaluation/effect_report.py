"""What campaigns brought, as text and as JSON."""

import json
from collections.abc import Iterator
from dataclasses import asdict

from pipeline.evaluation.campaign_effects import FEW, CampaignEffect, EffectReport
from pipeline.evaluation.group_differences import Difference
from pipeline.layout import aligned

_HEADER = ("figure", "treated", "control", "difference", "95 %", "of treated", "of control")


def effects_text(report: EffectReport) -> str:
    """Return what the campaigns of a run brought, for people."""
    return "\n\n".join(_parts(report))


def effects_json(report: EffectReport) -> str:
    """Return a report as one JSON document; its fields are those of `EffectReport`."""
    return json.dumps(asdict(report), indent=2, ensure_ascii=False)


def _parts(report: EffectReport) -> Iterator[str]:
    yield f"Lists of run {report.run_id}; orders from {report.start} up to {report.until}."
    for effect in report.campaigns:
        yield f"{_heading(effect)}\n{aligned(_HEADER, list(_rows(effect)))}"
    if report.hidden:
        names = ", ".join(report.hidden)
        yield f"Not shown, an arm being smaller than privacy.min_group_size: {names}."
    if not report.campaigns and not report.hidden:
        yield "The run offers nothing to anybody."


def _heading(effect: CampaignEffect) -> str:
    sizes = f"{effect.treated_count} treated, {effect.control_count} control"
    few = f"; an arm has fewer than {FEW} customers: too few to tell" if effect.is_small else ""
    return f"{effect.campaign}: {sizes}{few}"


def _rows(effect: CampaignEffect) -> Iterator[tuple[object, ...]]:
    for name, found in (
        ("conversion", effect.conversion),
        ("cross-sell rate", effect.cross_sell_rate),
        ("revenue of a customer", effect.revenue),
        ("order value", effect.order_value),
        ("refund rate", effect.refund_rate),
    ):
        if found is not None:
            figures = (_figure(found.treated), _figure(found.control), _figure(found.difference))
            yield (name, *figures, _bounds(found), found.treated_size, found.control_size)


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _bounds(found: Difference) -> str:
    if found.low is None or found.high is None:
        return "-"
    return f"{found.low:.4f} to {found.high:.4f}"
