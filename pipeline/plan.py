"""What several supports would give and take, before any of them is mined.

read -> clean -> count -> estimate
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.config.load import LoadedConfig
from pipeline.errors import UsageError
from pipeline.job import Job, opened
from pipeline.mining.auto_support import with_support
from pipeline.mining.minable import read_minable
from pipeline.mining.planner import Plan, plan_ladder
from pipeline.mining.threads import thread_count
from pipeline.possible import reasons_against
from pipeline.prepare import prepare
from pipeline.progress import Progress


def plan(
    loaded: LoadedConfig,
    as_of: str | None = None,
    supports: Sequence[float] = (),
    progress: Progress | None = None,
) -> list[Plan]:
    """Read and clean the orders, and plan the mining of several supports; publish nothing.

    Args:
        loaded: The configuration.
        as_of: Replaces the configured instant.
        supports: Shares of the baskets; without any, multiples of the configured one.
        progress: Where to report; None reports nothing.

    Raises:
        BasketError: As for a run; among others, rules are not possible with this input.
    """
    if any(not 0 < share <= 1 for share in supports):
        message = f"--support {min(supports):g}: write shares above 0 and up to 1"
        raise UsageError(message)
    narrowed = _of_rules(loaded)
    reason = reasons_against(narrowed.config).get("association_rules")
    if reason:
        message = f"there is nothing to plan: {reason}"
        raise UsageError(message)
    with (
        TemporaryDirectory(prefix="basket-plan-") as spill,
        opened(narrowed, progress or Progress(), Path(spill)) as job,
    ):
        prepare(job, as_of)
        with job.progress.stage("plan"):
            return _plan(job, supports)


def _of_rules(loaded: LoadedConfig) -> LoadedConfig:
    """Leave out what rules do not need: the browse log, unless it holds the orders."""
    config = loaded.config
    output = config.output.model_copy(update={"tables": ["association_rules"]})
    events = config.events if config.orders.from_events else None
    changes = {"output": output, "events": events}
    return replace(loaded, config=config.model_copy(update=changes))


def _plan(job: Job, supports: Sequence[float]) -> list[Plan]:
    config, threads = job.config.mining, thread_count(job.config.engine.threads)
    minable = read_minable(job.engine, config, job.window(config.lookback_days))
    if not supports:
        config = with_support(minable, config, threads)
    return plan_ladder(minable.searched, config, supports)
