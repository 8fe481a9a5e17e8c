"""Is this machine fit for a nightly run? Each check says what it found and what to do."""

import os
import shutil
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pipeline.config.load import LoadedConfig
from pipeline.errors import BasketError, BusyError
from pipeline.io.durable import make_folder, replace_folder, sync_folder
from pipeline.io.lock import lock
from pipeline.io.manifest import library_versions
from pipeline.job import output_folder, spill_folder

State = Literal["ok", "warning", "failed"]
_LOW_DISK = 5 * 2**30
_LOW_MEMORY = 2**30


@dataclass(frozen=True)
class Finding:
    """What one check found.

    Attributes:
        check: Its name.
        state: `ok`, `warning` (a run may fail) or `failed` (a run will).
        detail: What was found, and what to do where it is not well.
    """

    check: str
    state: State
    detail: str


def examine(loaded: LoadedConfig) -> list[Finding]:
    """Look at everything that a run needs of the machine; nothing stays behind.

    Args:
        loaded: The configuration of the run.
    """
    output, spill = output_folder(loaded), spill_folder(loaded)
    checks: tuple[tuple[str, Callable[[], Finding]], ...] = (
        ("versions", _versions),
        ("output folder", lambda: _folder("output folder", output)),
        ("spill folder", lambda: _folder("spill folder", spill)),
        ("lock", lambda: _lock(output)),
        ("memory", _memory),
        ("time zone", lambda: _zone(loaded.config.time_zone)),
        ("compiled kernels", _kernels),
    )
    return [_tried(name, check) for name, check in checks]


def _tried(name: str, check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    except (BasketError, OSError) as error:
        return Finding(name, "failed", str(error))


def _versions() -> Finding:
    known = {"python": sys.version.split()[0], **library_versions()}
    return Finding("versions", "ok", ", ".join(f"{name} {known[name]}" for name in known))


def _folder(name: str, folder: Path) -> Finding:
    """Write, sync, link and exchange in a folder as a run does, and look at the space left."""
    with _probe(folder) as probe:
        for part in ("old", "new"):
            (probe / part).mkdir()
        (probe / "link").symlink_to("old", target_is_directory=True)
        os.replace(probe / "link", probe / "latest")  # noqa: PTH105 - the call that publishing makes
        replace_folder(probe / "new", probe / "old")
        sync_folder(probe)
        free = shutil.disk_usage(probe).free
    detail = f"{folder}: files, links and renames work, {_size(free)} free"
    return Finding(name, "ok" if free > _LOW_DISK else "warning", detail)


@contextmanager
def _probe(folder: Path) -> Iterator[Path]:
    """Give a folder inside another one, which is made if need be and left as it was."""
    nearest = next(one for one in (folder, *folder.parents) if one.exists())
    with tempfile.TemporaryDirectory(prefix=".basket-doctor-", dir=nearest) as made:
        make_folder(Path(made) / "probe")
        yield Path(made) / "probe"


def _lock(output: Path) -> Finding:
    if not output.exists():
        return Finding("lock", "ok", f"{output} is not there yet; the first run makes it")
    try:
        with lock(output):
            return Finding("lock", "ok", "free")
    except BusyError as error:
        return Finding("lock", "warning", str(error))


def _memory() -> Finding:
    page = os.sysconf("SC_PAGE_SIZE")
    total, free = (page * os.sysconf(name) for name in ("SC_PHYS_PAGES", "SC_AVPHYS_PAGES"))
    detail = f"{_size(total)}, {_size(free)} of it unused; engine.memory_limit bounds the database"
    return Finding("memory", "ok" if total > _LOW_MEMORY else "warning", detail)


def _zone(name: str) -> Finding:
    try:
        now = datetime.now(ZoneInfo(name))
    except ZoneInfoNotFoundError:
        return Finding("time zone", "failed", f"no data for {name}: install tzdata")
    host = datetime.now().astimezone().tzname()
    return Finding("time zone", "ok", f"{name}, now {now:%Y-%m-%d %H:%M}; the machine's is {host}")


def _kernels() -> Finding:
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        from pipeline.mining.kernels.compiled import settings
    if said:
        return Finding("compiled kernels", "warning", str(said[0].message))
    return Finding("compiled kernels", "ok", f"kept in {settings.CACHE_DIR}")


def _size(size: int) -> str:
    return f"{size / 2**30:.1f} GB"
