"""One run at a time in an output folder, by a lock that dies with its process."""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import BusyError
from pipeline.io.durable import make_folder, storage_errors

LOCK = ".lock"


@contextmanager
def lock(output: Path) -> Iterator[None]:
    """Hold the lock of an output folder, which is made if it is missing.

    The kernel releases the lock when the process ends, however it ends. The file stays: to
    delete it would let two runs lock two files of the same name.

    Args:
        output: Folder that holds `runs/` and `latest`.

    Raises:
        BusyError: Another run holds the lock; this one does not wait.
        StorageError: The folder cannot be made or its lock file cannot be written.
    """
    with storage_errors(output, "lock the output folder"):
        make_folder(output)
        descriptor = os.open(output / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        with storage_errors(output, "lock the output folder"):
            _acquire(descriptor, output)
        yield
    finally:
        os.close(descriptor)


def _acquire(descriptor: int, output: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in {errno.EAGAIN, errno.EACCES}:
            raise
        holder = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip() or "unknown"
        message = f"another run (process {holder}) is writing to {output}: try again later"
        raise BusyError(message) from None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode("ascii"), 0)
