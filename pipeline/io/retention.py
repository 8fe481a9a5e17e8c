"""Go back to an earlier run, and remove old ones, while readers read."""

import shutil
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from pipeline.errors import UsageError
from pipeline.io.durable import storage_errors, sync_folder
from pipeline.io.history import PublishedRun, published_runs, run_before, verified
from pipeline.io.publish import point_latest, writing
from pipeline.io.runs import LATEST, RUNS, STAGING, resolve


def rollback(output: Path, run_id: str | None = None) -> Path:
    """Point `latest` at an earlier run, or at any complete one, and return its folder.

    Args:
        output: Folder that holds `runs/` and `latest`.
        run_id: Id of a run; None takes that of `run_before`.

    Raises:
        UsageError: There is no such run, or it has chosen tables only.
        StorageError: The run is damaged, or the pointer cannot be moved; `latest` is as it was.
        BusyError: A run is writing.
    """
    _known(output, run_id)
    with writing(output):
        folder = resolve(output, run_id or run_before(output))
        if verified(folder).is_partial:
            message = f"{folder.name} holds chosen tables only: `latest` names complete runs"
            raise UsageError(message)
        with storage_errors(output / LATEST, "point latest at the run"):
            point_latest(output, folder.name)
        return folder


def prune(output: Path, keep: int, unused_since: datetime) -> list[PublishedRun]:
    """Remove old runs and return them, the oldest first.

    The newest complete runs stay, and so does the run that `latest` names. Of the others those
    go that nobody who resolved `latest` since a certain instant can be reading. Each leaves
    `runs/` by one rename before its files are deleted, so a run is there whole or not at all.

    Args:
        output: Folder that holds `runs/` and `latest`.
        keep: Number of complete runs that stay, at least 1.
        unused_since: Runs that were made or were the latest after this instant stay.

    Raises:
        UsageError: Nothing has been published.
        StorageError: A run cannot be removed; what was renamed goes at the next start.
        BusyError: A run is writing.
    """
    _known(output, None)
    with writing(output):
        old = list(_old(published_runs(output), keep, unused_since))
        for run in old:
            _remove(output, run.run_id)
        return old


def _known(output: Path, run_id: str | None) -> None:
    """Refuse a folder without runs before anything is written there."""
    if run_id is not None or not published_runs(output):
        resolve(output, run_id or LATEST)


def _old(runs: Sequence[PublishedRun], keep: int, unused_since: datetime) -> Iterator[PublishedRun]:
    kept = [run for run in runs if run.state == "complete"][-keep:]
    for run in runs:
        if not run.is_latest and run not in kept and run.used_at < unused_since:
            yield run


def _remove(output: Path, run_id: str) -> None:
    folder, aside = output / RUNS / run_id, output / STAGING / f"{run_id}.pruned"
    with storage_errors(folder, "remove the run"):
        folder.rename(aside)
        sync_folder(folder.parent)
        shutil.rmtree(aside)
