"""What a signal does to code that Python cannot stop; the lane `faults` sends real ones."""

import ctypes
import sys
from collections.abc import Callable

import pytest

from pipeline.interruption import Interrupted, interruptible


def dropped(error: type[BaseException]) -> Callable[[], None]:
    """Return a callback of compiled code that raises: nobody can catch what it raises."""

    def callback() -> None:
        raise error

    return ctypes.CFUNCTYPE(None)(callback)


def test_an_interruption_that_a_callback_drops_is_not_printed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[type[BaseException]] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda ignored: told.append(ignored.exc_type))
    with interruptible(lambda: None):
        dropped(Interrupted)()
        dropped(ValueError)()
    assert [ValueError] == told
