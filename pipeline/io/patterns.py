"""What the paths, globs and folders of a configuration stand for.

Python's own glob passes over a folder that it may not look into; here that is an error, for the
lines behind it would be missing without a word.
"""

import errno
import os
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from glob import has_magic
from pathlib import Path
from stat import S_ISDIR, S_ISREG

from pipeline.errors import StorageError

_NOT_THERE = {errno.ENOENT, errno.ENOTDIR}
_HIDDEN = (".",)
_HIDDEN_IN_A_FOLDER = (".", "_")  # `_SUCCESS` and `_temporary` are no data


def matching_files(patterns: Sequence[str], folder: Path) -> list[Path]:
    """Return the files that patterns stand for; one that has several names comes once.

    Args:
        patterns: Paths, globs and folders, relative to `folder`.
        folder: Folder of the configuration file.

    Raises:
        StorageError: A pattern matches nothing, or something that is no file; or what it stands for
            may not be looked into, or is a link that leads nowhere or out of its folder.
    """
    found = {path for pattern in patterns for path in _match(pattern, folder)}
    by_file: dict[Path, Path] = {}
    for path in sorted(found, key=lambda path: (path != path.resolve(), path)):
        by_file.setdefault(path.resolve(), path)  # under its own name rather than a link's
    return list(by_file.values())


def _match(pattern: str, folder: Path) -> list[Path]:
    try:
        found = _matched(pattern, folder)
    except OSError as error:
        where = error.filename or folder / pattern
        message = f"{where}: cannot be looked into ({error.strerror}); {pattern!r} was to be read"
        raise StorageError(message) from error
    if not found:
        message = f"no input file matches {pattern!r} in {folder}; check the configured path"
        raise StorageError(message)
    return found


def _matched(pattern: str, folder: Path) -> list[Path]:
    full = Path(os.path.normpath(folder / pattern))
    mode = _mode(full)
    if S_ISDIR(mode):
        below = _folders(full, full, _HIDDEN_IN_A_FOLDER)
        return _files((path for one in below for path in _visible(one)), full)
    if S_ISREG(mode):
        return [full]
    if mode:
        message = f"{pattern!r} in {folder} is no file and no folder; check the configured path"
        raise StorageError(message)
    root, parts = _fixed_part(full)
    return _files(_expanded(root, parts, root), root) if parts else []


def _fixed_part(pattern: Path) -> tuple[Path, Sequence[str]]:
    """Return the folder in which a glob starts to choose, and the parts after it."""
    parts = pattern.parts
    place = next((at for at, part in enumerate(parts) if has_magic(part)), len(parts))
    return Path(*parts[:place]), parts[place:]


def _expanded(folder: Path, parts: Sequence[str], root: Path) -> Iterator[Path]:
    """Yield what the parts of a glob may stand for below a folder."""
    if not parts:
        yield folder
    elif parts[0] == "**":
        for one in _folders(folder, root, _HIDDEN):
            yield from _expanded(one, parts[1:] or ["*"], root)
    elif has_magic(parts[0]):
        for path in _named(folder, parts[0]):
            yield from _expanded(path, parts[1:], root)
    else:
        yield from _expanded(folder / parts[0], parts[1:], root)


def _named(folder: Path, part: str) -> Iterator[Path]:
    """Yield what a folder holds under names that match; hidden ones only where they are meant."""
    hidden = () if part.startswith(_HIDDEN) else _HIDDEN
    for path in _held(folder):
        if fnmatchcase(path.name, part) and not path.name.startswith(hidden):
            yield path


def _visible(folder: Path) -> Iterator[Path]:
    return (path for path in _held(folder) if not path.name.startswith(_HIDDEN_IN_A_FOLDER))


def _held(folder: Path) -> list[Path]:
    """Return what a folder holds: nothing where no folder is."""
    try:
        return [folder / name for name in os.listdir(folder)]  # noqa: PTH208 - a list, at once
    except OSError as error:
        if error.errno not in _NOT_THERE:
            raise
        _check_end(folder)
        return []


def _folders(folder: Path, root: Path, hidden: tuple[str, ...]) -> Iterator[Path]:
    """Yield a folder and those below it; a link within `root` is followed, unless in a circle."""
    yield folder
    for path in _held(folder):
        if path.name.startswith(hidden) or not S_ISDIR(_mode(path)):
            continue
        if path.is_symlink():
            _check_link(path, root)
            if path.resolve() in {above.resolve() for above in path.parents}:
                continue
        yield from _folders(path, root, hidden)


def _files(paths: Iterable[Path], root: Path) -> list[Path]:
    """Return those of some paths that are files.

    Raises:
        StorageError: One leads out of a folder.
    """
    found = [path for path in paths if S_ISREG(_mode(path))]
    for path in found:
        _check_link(path, root)
    return found


def _check_end(path: Path) -> None:
    """Refuse a link that leads nowhere: whoever made it meant what is missing now."""
    if path.is_symlink() and not path.exists():
        message = f"{path} is a link that leads nowhere; bring back what it names, or remove it"
        raise StorageError(message)


def _check_link(path: Path, root: Path) -> None:
    """Refuse a link out of a folder: who may write there must not choose what else is read."""
    if not path.resolve().is_relative_to(root.resolve()):
        message = (
            f"{path} is a link that leads out of {root}; name the file it leads to in `files`, "
            "or remove the link"
        )
        raise StorageError(message)


def _mode(path: Path) -> int:
    """Return type and permissions of what stands at a path, its links followed; 0 for nothing.

    From Python 3.14 on `Path.is_file` is False where it may not be known.
    """
    try:
        return path.stat().st_mode
    except OSError as error:
        if error.errno not in _NOT_THERE:
            raise
        _check_end(path)
        return 0
