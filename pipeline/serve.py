"""The stages that make what pages show, from tables as they will be published."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from pipeline import names
from pipeline.config.model import Config
from pipeline.job import HAND_MADE, Job
from pipeline.possible import stages_of, tables_for_lists
from pipeline.serving.bundles import build_bundles
from pipeline.serving.recommendations import build_recommendations, told
from pipeline.serving.setting import Setting
from pipeline.serving.shelf import read_shelf


def before_serving(config: Config, wanted: Sequence[str]) -> list[str]:
    """Return the wanted tables that are mined, and those that the others are made of.

    Lists do not depend on which mined tables are published beside them.
    """
    mined = [name for name in wanted if not set(stages_of([name])) & _STAGES.keys()]
    if len(mined) == len(wanted):
        return mined
    return [name for name in names.TABLES if name in {*mined, *tables_for_lists(config)}]


def serve(job: Job, wanted: Sequence[str]) -> None:
    """Build every wanted table of ready lists; the figures of each stage go to `job.figures`.

    Raises:
        DataError: `serving.strict` is set, and a line of a hand-made file has something wrong.
    """
    for name in stages_of(wanted):
        if name in _STAGES:
            with job.progress.stage(name):
                job.figures[name] = _STAGES[name](job)


def setting_of(job: Job) -> Setting:
    """Return what the makers of lists work with."""
    config = job.config
    return Setting(
        engine=job.engine,
        given=frozenset(job.figures),
        shelf=read_shelf(job.engine, has_catalogue=config.catalogue is not None),
        options=config.serving,
        as_of=job.as_of,
        time_zone=config.time_zone,
        attributes=tuple(config.catalogue.attributes if config.catalogue else ()),
        files={
            name.removeprefix(HAND_MADE): files[0]
            for name, (files, _) in job.inputs.items()
            if name.startswith(HAND_MADE)
        },
    )


def _serve_recommendations(job: Job) -> dict[str, Any]:
    setting = setting_of(job)
    summary = build_recommendations(setting)
    lines = told(sorted(set(setting.remarks)))
    return asdict(summary) | ({"message": "\n".join(lines)} if lines else {})


def _serve_bundles(job: Job) -> dict[str, Any]:
    setting, options = setting_of(job), job.config.bundles
    window = job.window(options.lookback_days)
    summary = build_bundles(setting, options, window, job.config.item_level)
    lines = told(sorted(set(setting.remarks)))
    return asdict(summary) | ({"message": "\n".join(lines)} if lines else {})


_STAGES: dict[str, Callable[[Job], dict[str, Any]]] = {
    "recommendations": _serve_recommendations,
    "bundles": _serve_bundles,
}
