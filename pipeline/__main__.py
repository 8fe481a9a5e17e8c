"""The program: run a command, and turn what went wrong into an exit code."""

import os
import signal
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import TextIOWrapper
from types import FrameType

from pipeline.errors import BasketError

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupted(BaseException):
    """A signal asked the program to end; what was begun is cleaned up on the way out."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Args:
        arguments: Words after the name of the program; None takes those of the process.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    with _interruptible() as received, _private_files():
        try:
            return _command(arguments)
        except BaseException as error:  # noqa: BLE001 - shown, by kind, and made an exit code
            # A signal inside the database comes out of it as another error.
            return _interrupted(received[0]) if received else _failed(error)


def _command(arguments: Sequence[str] | None) -> int:
    from pipeline.cli import app

    try:
        app(arguments, prog_name="basket")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


def _failed(error: BaseException) -> int:
    if not isinstance(error, BasketError):
        traceback.print_exception(error)
        print("basket: error: this is a defect of basket, please report it", file=sys.stderr)
        return BasketError.exit_code
    lines = str(error).splitlines()
    # Several problems, each `file:line:column: ...`: editors find the place at a line's start.
    print("basket: error:", *lines, sep="\n" if len(lines) > 1 else " ", file=sys.stderr)
    return error.exit_code


def _interrupted(number: int) -> int:
    print(f"basket: interrupted by {signal.Signals(number).name}", file=sys.stderr)
    return 128 + number


@contextmanager
def _private_files() -> Iterator[None]:
    """Inside, others may not read what is written; a stricter mask of the caller stays."""
    before = os.umask(0o077)
    os.umask(before | 0o027)
    try:
        yield
    finally:
        os.umask(before)


@contextmanager
def _interruptible() -> Iterator[list[int]]:
    """Let signals raise `Interrupted`; give the list of those received."""
    received: list[int] = []

    def interrupt(number: int, _: FrameType | None) -> None:
        received.append(number)
        for one in _SIGNALS:  # cleaning up takes an instant, and is not to be interrupted
            signal.signal(one, signal.SIG_IGN)
        raise Interrupted

    before = {one: signal.signal(one, interrupt) for one in _SIGNALS}
    try:
        yield received
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


if __name__ == "__main__":
    sys.exit(main())
