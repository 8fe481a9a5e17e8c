"""Writes that survive a power cut, and failures of the disk in words.

Neither DuckDB nor pyarrow calls fsync; a name is safe only once its folder is synced too.
"""

import ctypes
import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import StorageError

_REMEDIES = {
    errno.ENOSPC: "free space there, or set output.path to a larger disk",
    errno.EDQUOT: "free space there, or set output.path to a larger disk",
    errno.EACCES: "give this user write permission, or set output.path to another folder",
    errno.EPERM: "give this user write permission, or set output.path to another folder",
    errno.EROFS: "mount it writable, or set output.path to another folder",
    errno.EIO: "check the disk, then run again",
    errno.ENOTDIR: "something stands in the way: move it, or change output.path",
    errno.EEXIST: "something stands in the way: move it, or change output.path",
    errno.EISDIR: "something stands in the way: move it, or change output.path",
    errno.ENOENT: "something removed it: run again",
    errno.EXDEV: "keep the whole output folder on one file system",
}
_AT_FDCWD = {"linux": -100, "darwin": -2}
_SWAP = 2  # RENAME_EXCHANGE of Linux and RENAME_SWAP of macOS have the same value


def storage_failure(error: OSError, path: Path, action: str) -> str:
    """Return one line that says what failed, where, and what to do.

    Args:
        error: The failure.
        path: Where it happened, if the error itself does not say.
        action: What was being done, such as `write the table`.
    """
    where = error.filename2 or error.filename or path
    reason = " ".join((error.strerror or str(error)).split())
    remedy = _REMEDIES.get(error.errno or 0, "check the disk and its permissions, then run again")
    return f"could not {action}: {reason}: {os.fsdecode(where)}; {remedy}"


@contextmanager
def storage_errors(path: Path, action: str) -> Iterator[None]:
    """Turn failures of the operating system into one-line errors for the user.

    Raises:
        StorageError: The operating system refused; the message says what, where and what to do.
    """
    try:
        yield
    except OSError as error:
        raise StorageError(storage_failure(error, path, action)) from error


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable.

    Raises:
        OSError: The folder cannot be synced.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Make a folder and its parents, each durable; nothing happens where it is there already.

    Raises:
        OSError: The folder cannot be made.
    """
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync_folder(folder.parent)


def write_file(path: Path, content: bytes) -> None:
    """Write a new file and make its content durable; its name is, once the folder is synced.

    Raises:
        OSError: The file exists or cannot be written.
    """
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def replace_folder(staged: Path, target: Path) -> None:
    """Put a folder in the place of another, so that the name `target` never goes missing.

    Afterwards `staged` holds the old folder. File systems that cannot exchange two names (NFS)
    get two renames, with an instant between them in which `target` is not there.

    Raises:
        OSError: A rename failed.
    """
    if not _exchange(staged, target):
        aside = staged.with_name(f"{staged.name}.replaced")
        os.rename(target, aside)
        os.rename(staged, target)
        os.rename(aside, staged)


def _exchange(left: Path, right: Path) -> bool:
    """Swap two names in one step; False where the system or file system cannot."""
    function = {"linux": "renameat2", "darwin": "renameatx_np"}.get(sys.platform, "")
    call = getattr(ctypes.CDLL(None, use_errno=True), function, None)
    if call is None:
        return False
    here = _AT_FDCWD[sys.platform]
    if call(here, os.fsencode(left), here, os.fsencode(right), ctypes.c_uint(_SWAP)) == 0:
        return True
    number = ctypes.get_errno()
    if number in {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP}:
        return False
    raise OSError(number, os.strerror(number), os.fspath(right))
