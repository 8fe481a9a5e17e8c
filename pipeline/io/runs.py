"""The layout of an output folder, and how a reader finds a run in it.

outputs/
├── .lock                   held while a run writes
├── .staging/               unfinished and pruned runs; never read
├── runs/<run_id>/          one whole run: `<table>.parquet` and `manifest.json`
└── latest -> runs/<run_id>
"""

import re
from pathlib import Path

from pipeline.errors import UsageError

RUNS = "runs"
STAGING = ".staging"
LATEST = "latest"
_LISTED = 5
_RUN_ID = re.compile(r"\d{4}-\d\d-\d\dT\d{6}Z-[0-9a-f]{8}")


def run_ids(output: Path) -> list[str]:
    """Return the ids of all published runs, by rising `as_of`; what else lies there is no run."""
    folder = output / RUNS
    if not folder.is_dir():
        return []
    return sorted(entry.name for entry in folder.iterdir() if _is_run(entry))


def _is_run(entry: Path) -> bool:
    return entry.is_dir() and not entry.is_symlink() and bool(_RUN_ID.fullmatch(entry.name))


def latest_run_id(output: Path) -> str | None:
    """Return the id of the run that `latest` names, or None before the first publication."""
    link = output / LATEST
    return link.readlink().name if link.is_symlink() else None


def resolve(output: Path, name: str = LATEST) -> Path:
    """Return the folder of a run; resolve once and read every table from it.

    A reader that goes through `latest` for each table may mix two runs.

    Args:
        output: Folder that holds `runs/` and `latest`.
        name: A run id, or `latest`.

    Raises:
        UsageError: No run has that name, or nothing has been published yet.
    """
    known = run_ids(output)
    run_id = latest_run_id(output) if name == LATEST else name
    if run_id in known:
        return output / RUNS / run_id
    if not known:
        message = f"nothing has been published in {output}: start a run with `basket run`"
    elif name == LATEST:
        message = f"`latest` in {output} names no run: `basket rollback` points it at the newest"
    else:
        message = f"no run {name!r} in {output}: the last ones are {', '.join(known[-_LISTED:])}"
    raise UsageError(message)
