"""System calls of the program, watched and made to fail by strace."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# Those that the program uses, and those that it could come to use.
MUTATING = (
    *("openat", "open", "creat", "write", "pwrite64", "writev", "pwritev", "pwritev2"),
    *("sendfile", "copy_file_range", "splice", "fallocate", "ftruncate", "truncate"),
    *("fsync", "fdatasync", "sync_file_range", "mkdir", "mkdirat", "mknod", "mknodat", "rmdir"),
    *("rename", "renameat", "renameat2", "link", "linkat", "symlink", "symlinkat"),
    *("unlink", "unlinkat", "utimensat", "utime", "utimes", "futimesat"),
    *("chmod", "fchmod", "fchmodat", "chown", "fchown", "lchown", "fchownat"),
)
# A call during which another thread called something is logged in two lines.
_CALL = re.compile(r"^\d+ +(\w+)\((.*?)(?:\) += (-?\w+).*| <unfinished \.\.\.>)$")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_DESCRIPTOR = re.compile(r"^\d+<([^>]*)>")


@dataclass(frozen=True)
class Call:
    """A system call that changes something in an output folder.

    Attributes:
        name: Its name.
        path: What it changes, relative to the output folder; `.` is the folder itself. For files
            that are removed one by one it is their folder.
        nth: The how manieth of its name on that path, from 1.
    """

    name: str
    path: str
    nth: int


def watched(log: Path) -> tuple[str, ...]:
    """Return the words before a program whose changes are to be logged."""
    return (
        *_strace(log),
        "-y",
        "-s",
        "0",
        "-e",
        f"trace={','.join(f'?{name}' for name in MUTATING)}",
    )


def breaking(call: Call, fault: str, output: Path, log: Path) -> tuple[str, ...]:
    """Return the words before a program in which one call fails.

    Args:
        call: The call.
        fault: `signal=KILL`, or `error=` and the name of an error.
        output: The output folder.
        log: Where strace says what it did.
    """
    place = str(output / call.path) if call.path != "." else str(output)
    where = ("-P", place, "-e", f"trace={call.name}")
    # With --seccomp-bpf, which is quicker, strace 6.1 forgets the signal.
    quick = () if fault.startswith("signal") else ("--seccomp-bpf",)
    return (*_strace(log), *quick, *where, "-e", f"inject={call.name}:{fault}:when={call.nth}")


def _strace(log: Path) -> tuple[str, ...]:
    return ("strace", "-f", "-o", str(log))


def changes(log: Path, output: Path) -> list[Call]:
    """Return the successful calls that changed something in an output folder, in order."""
    counts: Counter[tuple[str, str]] = Counter()
    found = []
    for name, path in _changed(log.read_text(encoding="utf-8", errors="replace")):
        if path == str(output) or path.startswith(f"{output}/"):
            counts[name, path] += 1
            found.append(Call(name, str(Path(path).relative_to(output)), counts[name, path]))
    return found


def _changed(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        call = _CALL.match(line)
        if call is None or (call[3] or "").startswith("-"):
            continue
        name, arguments = call[1], call[2]
        if name == "openat" and not re.search(r"O_WRONLY|O_RDWR", arguments):
            continue
        yield name, _path(name, arguments)


def _path(name: str, arguments: str) -> str:
    """Return what a call changes: a descriptor's file or folder, a link, what is renamed."""
    if descriptor := _DESCRIPTOR.match(arguments):
        return descriptor[1]
    quoted = _QUOTED.findall(arguments)
    return str(quoted[-1 if name == "symlink" else 0])
