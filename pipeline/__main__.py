"""The program: run a command, and turn what went wrong into an exit code."""

import gc
import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from io import TextIOWrapper

from pipeline.errors import BasketError, NothingNew
from pipeline.interruption import interruptible, tell
from pipeline.io.passing import remove_passing_folders

OBJECTS_BEFORE_COLLECTION = 200_000
"""Importing libraries makes many objects and few cycles; to look for them took a fifth of it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Args:
        arguments: Words after the name of the program; None takes those of the process.
    """
    gc.set_threshold(OBJECTS_BEFORE_COLLECTION)
    streams = [one for one in (sys.stdout, sys.stderr) if isinstance(one, TextIOWrapper)]
    for stream in streams:
        stream.reconfigure(errors="backslashreplace")
    with interruptible(remove_passing_folders) as received, _private_files():
        try:
            return _command(arguments)
        except BaseException as error:  # noqa: BLE001 - shown, by kind, and made an exit code
            # A signal inside the database comes out of it as another error.
            return tell(received[0]) if received else _failed(error)
        finally:
            for stream in streams:
                _drain(stream)


def _command(arguments: Sequence[str] | None) -> int:
    from pipeline.cli import app

    try:
        app(arguments, prog_name="basket")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


def _failed(error: BaseException) -> int:
    with suppress(OSError):  # where stderr is broken the exit code still tells
        _tell_failure(error)
    return error.exit_code if isinstance(error, BasketError) else BasketError.exit_code


def _tell_failure(error: BaseException) -> None:
    if not isinstance(error, BasketError):
        traceback.print_exception(error)
        print("basket: error: this is a defect of basket, please report it", file=sys.stderr)
        return
    if isinstance(error, NothingNew):
        print(f"basket: {error}", file=sys.stderr)
        return
    # Several problems, each `file:line:column: ...`: editors find the place at a line's start.
    sep = "\n" if len(error.lines) > 1 else " "
    print("basket: error:", *error.lines, sep=sep, file=sys.stderr)


@contextmanager
def _private_files() -> Iterator[None]:
    """Inside, others may not read what is written; a stricter mask of the caller stays."""
    before = os.umask(0o077)
    os.umask(before | 0o027)
    try:
        yield
    finally:
        os.umask(before)


def _drain(stream: TextIOWrapper) -> None:
    """Write what a stream still holds; if that fails, Python is not to fail at it once more."""
    try:
        stream.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


if __name__ == "__main__":
    sys.exit(main())
