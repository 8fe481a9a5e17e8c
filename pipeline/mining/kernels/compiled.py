"""Compile the kernels with Numba and keep the machine code on disk.

Entry points have explicit signatures, so that importing a kernel compiles it, or loads it, once
and for all; what they call is compiled into them. No function calls itself: recursion together
with the cache aborts the process on a later start (numba issues 6061 and 9129).

Compiled code makes no arrays: Python hands it those that it writes to. Numba would compile a
function of its own for each kind of array that is made, and count references to all others too.
Where nobody knows how long an array gets, the kernel returns when room is short, with a note of
where it stands, and Python calls it again with more (`growing.py`).

The code is kept in a folder named by the text of all kernels: Numba itself only looks at the file
of the entry point, and would run old code after a change in a file that this one imports.
"""

import atexit
import gc
import hashlib
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np
from numba import njit, types
from numba.core import config
from numba.core.compiler_lock import global_compiler_lock

COMPILED: dict[str, Any] = {
    "nogil": True,
    "error_model": "numpy",  # no check for a zero divisor
    "no_cfunc_wrapper": True,
    "_nrt": False,  # no arrays are made, so no references are counted
}
ENTRY: dict[str, Any] = {**COMPILED, "cache": True}
# Wrappers for Python take a third of the compilation.
INNER: dict[str, Any] = {**COMPILED, "no_cpython_wrapper": True}
INLINED: dict[str, Any] = {**INNER, "forceinline": True}


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Look for no garbage: a compiler makes millions of objects, few of them in circles."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


# What Numba answered to (function, context, types), kept for the kernels that are compiled later.
_ANSWERS: dict[Any, Any] = {}


@contextmanager
def _with_types_remembered() -> Iterator[None]:
    """Ask Numba once what an operator makes of some types, not anew for each `a[i]`.

    Numba tries some forty meanings each time, which takes a quarter of all compilation. It has no
    switch for this; a version that works in another way compiles as it always did.
    """
    asked: Any = getattr(types, "BaseFunction", None)
    if not hasattr(asked, "get_call_type"):
        yield
        return
    ask = asked.get_call_type

    def remember(self: Any, context: Any, args: Any, kws: Any) -> Any:  # noqa: ANN401 - Numba's
        if kws:
            return ask(self, context, args, kws)
        question = (self, context, tuple(args))
        if question not in _ANSWERS:
            _ANSWERS[question] = ask(self, context, args, kws)
        return _ANSWERS[question]

    with global_compiler_lock:  # no other thread compiles meanwhile
        asked.get_call_type = remember
        try:
            yield
        finally:
            asked.get_call_type = ask


# Numbers of which no function gets a copy of its own. Numba compiles what a call hands on once more
# for a number that is spelled there, and for a variable that begins as one and changes in a loop.
MINUS_ONE, ZERO, ONE, TWO = (cast("int", np.int64(number)) for number in (-1, 0, 1, 2))

Function = TypeVar("Function", bound=Callable[..., Any])


def entry(signature: str) -> Callable[[Function], Function]:
    """Compile a function that Python calls; it runs without the interpreter's lock.

    Args:
        signature: Types of its arguments.
    """

    def compiled(function: Function) -> Function:
        with _without_collecting(), _with_types_remembered():
            return cast("Function", njit(signature, **ENTRY)(function))

    return compiled


def inlined(function: Function) -> Function:
    """Mark a function that only kernels call: it becomes part of each; Python must not call it."""
    return cast("Function", njit(function, **INLINED))


def inner(function: Function) -> Function:
    """Mark such a function that stays one, for it is called from several places."""
    return cast("Function", njit(function, **INNER))


def choose_folder(candidates: list[Path]) -> Path:
    """Return the first folder that can be written to, else a temporary one, said once."""
    for folder in candidates:
        if _is_writable(folder):
            return folder
    temporary = Path(tempfile.mkdtemp(prefix="basket-kernels-"))
    atexit.register(shutil.rmtree, temporary, ignore_errors=True)
    warnings.warn(
        f"the compiled kernels cannot be kept: none of {', '.join(map(str, candidates))} can be "
        "written to, so every run compiles them again; set NUMBA_CACHE_DIR to a folder that can",
        stacklevel=2,
    )
    return temporary


def _is_writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _fingerprint() -> str:
    """Return a name for the text of all kernels."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _candidates() -> list[Path]:
    """Return where compiled code may be kept: the user's cache, else beside the kernels."""
    home = os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()
    return [Path(home, "basket-pipeline", "kernels"), Path(__file__).parent / "__pycache__"]


settings: Any = config  # its variables are made when it is imported
if not settings.CACHE_DIR:  # the variable NUMBA_CACHE_DIR comes first
    settings.CACHE_DIR = str(choose_folder(_candidates()) / _fingerprint())
