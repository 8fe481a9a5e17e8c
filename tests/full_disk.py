"""As a program: runs on a disk that is full, in a mount namespace of its own.

`unshare -rm python -m tests.full_disk output FOLDER` mounts a small disk on FOLDER/disk, publishes
a run there, and then tries another one with more and more room left. `... spill FOLDER` gives a
run 150 MB of memory and a small disk to spill to. A JSON object a line tells what came of each.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.programs import (
    NEW_DAY,
    OLD_DAY,
    end,
    error_lines,
    latest_whole,
    leftovers,
    new_shop,
    run_here,
    run_words,
    wide_shop,
)

DISK_BYTES = 8 << 20
ROOMS = (0, 4 << 10, 8 << 10, 16 << 10, 32 << 10, 64 << 10, 96 << 10)
MOUNT_FAILED = 77


def mount(folder: Path) -> Path:
    """Mount a small disk in memory; a system that does not allow it ends the program."""
    disk = folder / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(disk)]
    if subprocess.run(command, check=False).returncode:
        sys.exit(MOUNT_FAILED)
    return disk


def fill(disk: Path, room: int) -> Path:
    """Leave so many bytes free, in whole pages."""
    ballast = disk / "ballast"
    free = os.statvfs(disk)
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, free.f_bavail * free.f_frsize - room)
    return ballast


def tell(**facts: object) -> None:
    print(json.dumps(facts))  # noqa: T201


def full_output(folder: Path) -> None:
    config, output = new_shop(folder / "shop"), mount(folder) / "outputs"
    old = run_here(config, output, OLD_DAY)
    for room in ROOMS:
        ballast = fill(folder / "disk", room)
        ended = end(run_words(config, output, NEW_DAY, f'engine.spill_path="{folder}"'))
        told = error_lines(ended.stderr)
        tell(room=room, code=ended.returncode, told=told, is_old=latest_whole(output) == old)
        ballast.unlink()
    again = run_here(config, output, NEW_DAY)
    tell(is_new=latest_whole(output) == again != old, left=leftovers(output))


def full_spill(folder: Path) -> None:
    config, output = wide_shop(folder / "shop"), folder / "outputs"
    spill = mount(folder)
    settings = ("engine.pair_counts=sql", "engine.memory_limit=150MB", "engine.threads=2")
    words = ["run", str(config), "--set", f'output.path="{output}"']
    words += [word for one in settings for word in ("--set", one)]
    old = run_here(new_shop(folder / "old"), output, OLD_DAY)
    ended = end([*words, "--set", f'engine.spill_path="{spill}"'])
    told = error_lines(ended.stderr)
    tell(code=ended.returncode, told=told, is_old=latest_whole(output) == old)
    tell(left=[*leftovers(output), *map(str, spill.iterdir())])


ACTIONS: dict[str, Callable[[Path], None]] = {"output": full_output, "spill": full_spill}

if __name__ == "__main__":
    ACTIONS[sys.argv[1]](Path(sys.argv[2]))
