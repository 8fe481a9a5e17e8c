"""A run becomes visible in one step: a reader sees the old run or the new one, never a mixture.

The order, each step durable before the next: files and manifest, their folder, its rename to
`runs/<run_id>`, the swap of `latest`. All of it happens under the lock of the output folder.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipeline.errors import AuditError
from pipeline.io.durable import make_folder, replace_folder, storage_errors, sync_folder
from pipeline.io.manifest import damages, read_manifest
from pipeline.io.runs import LATEST, RUNS, STAGING


@dataclass(frozen=True)
class Publication:
    """A published run.

    Attributes:
        folder: `runs/<run_id>`.
        state: `new`; `unchanged` where the same run stood there already, whole; `replaced`
            where one stood there that was damaged or had other tables.
    """

    folder: Path
    state: Literal["new", "unchanged", "replaced"]


@contextmanager
def staging(output: Path, run_id: str) -> Iterator[Path]:
    """Give a new empty folder that no reader sees; afterwards it is gone, whatever happened.

    Call it under the lock: folders that runs left when they were killed are removed first.

    Args:
        output: Folder that holds `runs/` and `latest`.
        run_id: Id of the run to be staged.

    Raises:
        StorageError: The folder cannot be made.
    """
    staged = output / STAGING / f"{run_id}.{os.getpid()}"
    with storage_errors(staged, "make the staging folder"):
        make_folder(staged.parent)
        _empty(staged.parent)
        staged.mkdir()
    try:
        yield staged
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def publish(staged: Path, output: Path, *, is_latest: bool = True) -> Publication:
    """Make a staged run, with its manifest, the one that `latest` names.

    Args:
        staged: Folder from `staging`, with every table audited and the manifest written.
        output: Folder that holds `runs/` and `latest`.
        is_latest: False publishes the run under its id and leaves `latest` as it is.

    Raises:
        AuditError: The staged files are not those of the manifest.
        StorageError: A step failed; `latest` names a whole run as before.
    """
    if problems := damages(staged):
        message = f"the staged run is not what its manifest says: {'; '.join(problems)}"
        raise AuditError(message)
    folder = output / RUNS / read_manifest(staged).run_id
    with storage_errors(folder, "publish the run"):
        make_folder(folder.parent)
        sync_folder(staged)
        state = _place(staged, folder)
        sync_folder(folder.parent)
        if is_latest:
            _point_latest(output, folder.name)
    return Publication(folder, state)


def _place(staged: Path, folder: Path) -> Literal["new", "unchanged", "replaced"]:
    if not folder.exists():
        os.rename(staged, folder)
        return "new"
    if _is_same(staged, folder):
        return "unchanged"
    replace_folder(staged, folder)
    return "replaced"


def _is_same(staged: Path, folder: Path) -> bool:
    return not damages(folder) and read_manifest(staged).tables == read_manifest(folder).tables


def _point_latest(output: Path, run_id: str) -> None:
    """Swap the pointer: a link under another name first, for a link cannot be rewritten."""
    link = output / STAGING / f"{LATEST}.{os.getpid()}"
    link.symlink_to(Path(RUNS) / run_id, target_is_directory=True)
    os.replace(link, output / LATEST)
    sync_folder(output)


def _empty(folder: Path) -> None:
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
