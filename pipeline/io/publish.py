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

from pipeline.errors import AuditError, StorageError
from pipeline.io.durable import make_folder, replace_folder, storage_errors, sync_folder
from pipeline.io.lock import lock
from pipeline.io.manifest import Manifest, damages, read_manifest
from pipeline.io.passing import passing
from pipeline.io.runs import LATEST, RUNS, STAGING, latest_run_id, run_ids

State = Literal["new", "unchanged", "replaced"]


@dataclass(frozen=True)
class Publication:
    """A published run.

    Attributes:
        folder: `runs/<run_id>`.
        state: `new`; `unchanged` where the same run stood there already, whole; `replaced`
            where one stood there that was damaged or had other tables.
        latest: Id of the run that `latest` names afterwards; None if there is none.
    """

    folder: Path
    state: State
    latest: str | None


@contextmanager
def writing(output: Path) -> Iterator[None]:
    """Hold the lock of an output folder, and first clear what killed writers left.

    Args:
        output: Folder that holds `runs/` and `latest`; it is made if it is missing.

    Raises:
        BusyError: Another run is writing.
        StorageError: The folder cannot be made or cleared.
    """
    with lock(output):
        staging_area = output / STAGING
        with storage_errors(staging_area, "clear the staging folder"):
            make_folder(staging_area)
            _empty(staging_area)
        yield


@contextmanager
def staging(output: Path, run_id: str) -> Iterator[Path]:
    """Give a new empty folder that no reader sees; afterwards it is gone, whatever happened.

    Args:
        output: Folder that holds `runs/` and `latest`; see `writing`.
        run_id: Id of the run to be staged.

    Raises:
        StorageError: The folder cannot be made.
    """
    staged = output / STAGING / run_id
    with storage_errors(staged, "make the staging folder"):
        make_folder(staged.parent)
        staged.mkdir()
    with passing(staged):
        yield staged


def publish(staged: Path, output: Path) -> Publication:
    """Publish a staged run under its id; `latest` names it then, unless it names a newer one.

    A run of chosen tables never becomes the latest, and a run for an earlier `as_of` (a
    backfill) does not take the place of a later one.

    Args:
        staged: Folder from `staging`, with every table audited and the manifest written.
        output: Folder that holds `runs/` and `latest`.

    Raises:
        AuditError: The staged files are not those of the manifest.
        StorageError: A step failed; `latest` names a whole run as before.
    """
    if problems := damages(staged):
        message = f"the staged run is not what its manifest says: {'; '.join(problems)}"
        raise AuditError(message)
    manifest = read_manifest(staged)
    folder = output / RUNS / manifest.run_id
    with storage_errors(folder, "publish the run"):
        make_folder(folder.parent)
        sync_folder(staged)
        state = _place(staged, folder)
        sync_folder(folder.parent)
        if _becomes_latest(manifest, output):
            point_latest(output, folder.name)
    return Publication(folder, state, latest_run_id(output))


def point_latest(output: Path, run_id: str) -> None:
    """Swap the pointer: a link under another name first, for a link cannot be rewritten.

    The run that it leaves is marked by the time of that, for readers may still be at it.

    Raises:
        OSError: A step failed; `latest` names the one run or the other.
    """
    left = latest_run_id(output)
    if left in run_ids(output):
        os.utime(output / RUNS / left)
    link = output / STAGING / LATEST
    link.symlink_to(Path(RUNS) / run_id, target_is_directory=True)
    os.replace(link, output / LATEST)
    sync_folder(output)


def _place(staged: Path, folder: Path) -> State:
    if not folder.exists():
        os.rename(staged, folder)
        return "new"
    if _is_same(staged, folder):
        return "unchanged"
    replace_folder(staged, folder)
    return "replaced"


def _is_same(staged: Path, folder: Path) -> bool:
    if damages(folder):
        return False
    new, old = read_manifest(staged), read_manifest(folder)
    return new.tables == old.tables and (new.is_partial or not old.is_partial)


def _becomes_latest(manifest: Manifest, output: Path) -> bool:
    if manifest.is_partial:
        return False
    current = latest_run_id(output)
    if current is None:
        return True
    try:
        return manifest.instant >= read_manifest(output / RUNS / current).instant
    except StorageError:
        return True  # `latest` names no run that could be read


def _empty(folder: Path) -> None:
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
