"""As a program: runs another one as the user nobody, wherever project and Python stand.

`unshare --mount python -m tests.as_nobody PATH... -- PROGRAM WORD...` shows the paths to everybody:
where a folder above one is closed, an open one takes its place in this mount namespace, and holds
those paths alone. Then it drops every right of root and becomes the program.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

NOBODY = 65534
MOUNT_FAILED = 77


def closed_above(path: Path) -> Path | None:
    """Return the first folder on the way to a path that other users may not pass through."""
    folders = reversed(path.parents)
    return next((folder for folder in folders if not folder.stat().st_mode & 0o001), None)


def mount(*words: str) -> None:
    """Mount something; a system that does not allow it ends the program."""
    if subprocess.run(["mount", *words], check=False).returncode:
        sys.exit(MOUNT_FAILED)


def show(paths: Sequence[Path]) -> None:
    """Let everybody pass to some paths."""
    os.umask(0o022)
    closed = {path: folder for path in paths if (folder := closed_above(path))}
    kept = {path: tempfile.mkdtemp() for path in closed}
    for path, place in kept.items():
        mount("--bind", str(path), place)
    for folder in {*closed.values()}:
        mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", str(folder))
    for path, place in kept.items():
        path.mkdir(parents=True, exist_ok=True)
        mount("--move", place, str(path))
        Path(place).rmdir()


def become_nobody() -> None:
    """Give up root for good."""
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)


if __name__ == "__main__":
    at = sys.argv.index("--")
    show([Path(word) for word in sys.argv[1:at]])
    become_nobody()
    os.chdir("/")
    os.execv(sys.argv[at + 1], sys.argv[at + 1 :])  # noqa: S606 - the words of a test
