"""The layout of an output folder, and how a reader finds a run in it.

outputs/
├── .lock                   held while a run writes
├── .staging/               unfinished runs; never read
├── runs/<run_id>/          one whole run: `<table>.parquet` and `manifest.json`
└── latest -> runs/<run_id>
"""

from pathlib import Path

from pipeline.errors import UsageError

RUNS = "runs"
STAGING = ".staging"
LATEST = "latest"
_LISTED = 5


def run_ids(output: Path) -> list[str]:
    """Return the ids of all published runs, by rising `as_of`."""
    folder = output / RUNS
    if not folder.is_dir():
        return []
    return sorted(entry.name for entry in folder.iterdir() if entry.is_dir())


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
    else:
        message = f"no run {name!r} in {output}: the last ones are {', '.join(known[-_LISTED:])}"
    raise UsageError(message)
