"""What is wrong with a configuration, where it stands, and a near name for what is not known."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

KeyPath = tuple[str | int, ...]
"""Keys and list indices from the top of the tree down to one value."""


@dataclass(frozen=True, order=True)
class Origin:
    """Where a value was given; line and column count from 1, 0 outside a file."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        """Return `file:line:column`, or the name alone outside a file."""
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


DEFAULT = Origin("default")
OVERRIDE = Origin("--set")


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with the value at a path.

    Attributes:
        path: The value, or the missing value.
        message: What is wrong and what is allowed.
        origin: Where it stands, if not where the value at `path` does.
        meant: The path that was probably meant; what is wrong there follows from this problem.
        is_about_key: True where the key is wrong, and stands elsewhere than its value.
    """

    path: KeyPath
    message: str
    origin: Origin | None = None
    meant: KeyPath | None = None
    is_about_key: bool = False

    def explains(self, other: KeyPath) -> bool:
        """Return True where a problem at `other` may be nothing but a consequence of this one."""
        return any(
            _is_on_one_line(path, other) for path in (self.path, self.meant) if path is not None
        )


def dotted(path: KeyPath) -> str:
    """Return a path as users write it: `orders.columns.item_id`."""
    return ".".join(map(str, path))


def unknown(path: KeyPath, what: str, known: Iterable[str]) -> Problem:
    """Return the problem of a key that is not among the known ones, with the nearest of them.

    Args:
        path: Path that ends in the unknown key.
        what: What the key is: key, column.
        known: Every key that is allowed there.
    """
    names, name = list(known), str(path[-1])
    near = nearest(name, names)
    meant = (*path[:-1], near) if near else None
    return Problem(
        path, f"unknown {what}; {suggestion(name, names)}", None, meant, is_about_key=True
    )


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return the advice after an unknown name: the nearest known name, else all of them."""
    names = list(known)
    near = nearest(name, names)
    return f"did you mean {near}?" if near else f"known are {', '.join(names)}"


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that is spelled most like `name`, or None if none is near."""
    spellings = {known_name.lower(): known_name for known_name in known}
    matches = get_close_matches(name.lower(), spellings, n=1)
    return spellings[matches[0]] if matches else None


def _is_on_one_line(one: KeyPath, other: KeyPath) -> bool:
    depth = min(len(one), len(other))
    return one[:depth] == other[:depth]
