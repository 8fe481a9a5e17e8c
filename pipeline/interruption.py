"""SIGINT and SIGTERM end the program soon, whatever it is doing.

Python itself looks at signals between two of its own steps only, and a compiled loop is one step,
however long. So a thread hears of each signal at once: where the main thread does not end by
itself, it clears up and ends the process.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)
PATIENCE_SECONDS = 1.0


class Interrupted(BaseException):
    """A signal asked the program to end; what was begun is cleaned up on the way out."""


@contextmanager
def interruptible(clear_up: Callable[[], None]) -> Iterator[list[int]]:
    """Let signals raise `Interrupted` in the main thread; give the list of those received.

    Args:
        clear_up: Removes what the program would leave behind; called in another thread, where
            the main one goes on for longer than `PATIENCE_SECONDS`. The process ends after it.
    """
    received: list[int] = []

    def interrupt(number: int, _: FrameType | None) -> None:
        received.append(number)
        for one in SIGNALS:  # cleaning up takes an instant, and is not to be interrupted
            signal.signal(one, signal.SIG_IGN)
        raise Interrupted

    with _watched(clear_up), _silent_where_ignored():
        before = {one: signal.signal(one, interrupt) for one in SIGNALS}
        try:
            yield received
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)


@contextmanager
def _silent_where_ignored() -> Iterator[None]:
    """Print nothing where a callback of compiled code drops `Interrupted`: the watcher goes on."""
    before = sys.unraisablehook

    def hook(ignored: "sys.UnraisableHookArgs") -> None:
        if not isinstance(ignored.exc_value, Interrupted):
            before(ignored)

    sys.unraisablehook = hook
    try:
        yield
    finally:
        sys.unraisablehook = before


def tell(number: int) -> int:
    """Say which signal ended the program and return the exit code."""
    with suppress(OSError):
        print(f"basket: interrupted by {signal.Signals(number).name}", file=sys.stderr, flush=True)
    return 128 + number


@contextmanager
def _watched(clear_up: Callable[[], None]) -> Iterator[None]:
    """Inside, a thread reads each signal from a pipe that the system's own handler fills."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    before = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    has_ended = Event()
    watcher = Thread(target=_watch, args=(reading, has_ended, clear_up), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        has_ended.set()
        signal.set_wakeup_fd(before)
        os.close(writing)
        watcher.join()
        os.close(reading)


def _watch(reading: int, has_ended: Event, clear_up: Callable[[], None]) -> None:
    while signals := os.read(reading, 1):
        if signals[0] in SIGNALS and not has_ended.wait(PATIENCE_SECONDS):
            clear_up()
            os._exit(tell(signals[0]))
