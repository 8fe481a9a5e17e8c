"""Folders that are gone when the program ends, however a signal ends it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PASSING: set[Path] = set()


@contextmanager
def passing(folder: Path) -> Iterator[Path]:
    """Give a folder and remove it afterwards, with all that it holds."""
    _PASSING.add(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        _PASSING.discard(folder)


def remove_passing_folders() -> None:
    """Remove all such folders now; what is being written into them may need a second try."""
    for folder in (*_PASSING, *_PASSING):
        shutil.rmtree(folder, ignore_errors=True)
