"""The published runs of an output folder: what each is, and which came before which."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pipeline.errors import StorageError, UsageError
from pipeline.io.durable import storage_errors
from pipeline.io.manifest import MANIFEST, Manifest, damages, read_manifest
from pipeline.io.runs import RUNS, latest_run_id, run_ids

State = Literal["complete", "partial", "damaged"]


@dataclass(frozen=True)
class PublishedRun:
    """One run as a list shows it; the content of its files is not looked at.

    Attributes:
        run_id: Its id.
        as_of: The instant that it stands for, ISO 8601 in UTC; None where the manifest is damaged.
        started_at: Wall clock at its start, ISO 8601 in UTC; None where the manifest is damaged.
        rows: Rows of all its tables.
        bytes: Bytes of all its files, as they are.
        state: `complete`; `partial` where `--only` chose its tables; `damaged` where the manifest
            cannot be read, or a file is missing, of another size, or not in the manifest.
        is_latest: Whether `latest` names it.
        used_at: When it was made, or when `latest` left it, if that was later: nobody who
            resolved `latest` after this instant reads it (unless it is the latest).
    """

    run_id: str
    as_of: str | None
    started_at: str | None
    rows: int
    bytes: int
    state: State
    is_latest: bool
    used_at: datetime

    @property
    def instant(self) -> datetime:
        """The instant that the run stands for; that in its id where the manifest is damaged."""
        return datetime.fromisoformat(self.as_of or f"{self.run_id[:17]}Z")


def whole_runs(output: Path) -> list[Manifest]:
    """Return the manifests of the runs that have all their tables and are not damaged."""
    complete = [run.run_id for run in published_runs(output) if run.state == "complete"]
    return [read_manifest(output / RUNS / run_id) for run_id in complete]


def published_runs(output: Path) -> list[PublishedRun]:
    """Return all runs of an output folder, the newest `as_of` last, as `rollback` goes back.

    Runs of one `as_of` stand in the order in which they were started.

    Raises:
        StorageError: The folder cannot be read.
    """
    latest = latest_run_id(output)
    with storage_errors(output, "list the runs"):
        found = [_published(output / RUNS / name, name == latest) for name in run_ids(output)]
    return sorted(found, key=_age)


def verified(folder: Path) -> Manifest:
    """Return the manifest of a published run after every byte of the run was checked.

    Raises:
        StorageError: The run is damaged; the message has one line per problem.
    """
    problems = damages(folder)
    if not problems:
        manifest = read_manifest(folder)
        if manifest.run_id == folder.name:
            return manifest
        problems = [f"{folder / MANIFEST}: it is the manifest of {manifest.run_id}"]
    remedy = "go back with `basket rollback`, or run again to publish it anew"
    message = f"{folder}: the run is damaged; {remedy}"
    raise StorageError(message, *problems)


def run_before(output: Path) -> str:
    """Return the id of the newest complete run before the one that `latest` names.

    Where `latest` names no run that is there, it is the newest complete run of all.

    Raises:
        UsageError: There is none.
    """
    runs = published_runs(output)
    place = next((at for at, run in enumerate(runs) if run.is_latest), len(runs))
    before = [run.run_id for run in runs[:place] if run.state == "complete"]
    if before:
        return before[-1]
    message = f"no complete run before the latest in {output}: `basket runs` lists all"
    raise UsageError(message)


def _age(run: PublishedRun) -> tuple[datetime, str, str]:
    return run.instant, run.started_at or "", run.run_id


def _published(folder: Path, is_latest: bool) -> PublishedRun:  # noqa: FBT001
    sizes = {entry.name: entry.stat().st_size for entry in folder.iterdir()}
    changed_at = datetime.fromtimestamp(folder.stat().st_mtime, UTC)
    manifest = _manifest(folder)
    used = [changed_at, *([datetime.fromisoformat(manifest.started_at)] if manifest else [])]
    return PublishedRun(
        run_id=folder.name,
        as_of=manifest.as_of if manifest else None,
        started_at=manifest.started_at if manifest else None,
        rows=sum(table.rows for table in manifest.tables) if manifest else 0,
        bytes=sum(sizes.values()),
        state=_state(manifest, sizes),
        is_latest=is_latest,
        used_at=max(used),
    )


def _manifest(folder: Path) -> Manifest | None:
    try:
        return read_manifest(folder)
    except StorageError:
        return None


def _state(manifest: Manifest | None, sizes: Mapping[str, int]) -> State:
    if manifest is None:
        return "damaged"
    expected = {table.file: table.bytes for table in manifest.tables}
    if expected != {name: size for name, size in sizes.items() if name != MANIFEST}:
        return "damaged"
    return "partial" if manifest.is_partial else "complete"
