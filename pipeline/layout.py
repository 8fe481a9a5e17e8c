"""Rows as aligned text, for a terminal and for a pipe."""

import math
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import datetime

from pipeline.errors import printable

GAP = "  "
_MIN_WIDTH = 8
_ELLIPSIS = "…"


def aligned(
    columns: Sequence[str], rows: Sequence[Sequence[object]], width: int | None = None
) -> str:
    """Return a header and rows as aligned columns, numbers on the right.

    Args:
        columns: The header.
        rows: Cells in the order of the header; None is shown as `-`, the parts of a list are
            joined by ` + `.
        width: Characters in a line: the widest columns of text are cut to fit, as far as is
            readable; None cuts nothing.
    """
    values = list(zip(*rows, strict=True)) or [()] * len(columns)
    cells = [_cells(column) for column in values]
    widths = [
        max(_width(name), *map(_width, map(_joined, column)), 0)
        for name, column in zip(columns, cells, strict=True)
    ]
    is_right = [_is_number(column) for column in values]
    if width is not None:
        floors = [_floor(*one) for one in zip(columns, widths, is_right, strict=True)]
        widths = _shrunk(widths, floors, width)
    lines = [list(columns), *map(list, zip(*cells, strict=True))]
    return "\n".join(_line(line, widths, is_right) for line in lines)


def _cells(column: Sequence[object]) -> list[list[str]]:
    floats = [abs(value) for value in column if isinstance(value, float)]
    decimals = 4 if max(floats, default=0) <= 1 else 2
    return [list(_parts(value, decimals)) for value in column]


def _parts(value: object, decimals: int) -> Iterator[str]:
    if isinstance(value, (list, tuple)):
        yield from (printable(str(part)) for part in value)
    elif isinstance(value, bool):
        yield str(value).lower()
    elif isinstance(value, float) and math.isfinite(value):
        yield f"{value:.{decimals}f}"
    elif isinstance(value, datetime):
        yield f"{value:%Y-%m-%d %H:%M}"
    else:
        yield "-" if value is None else printable(str(value))


def _joined(parts: Sequence[str]) -> str:
    return " + ".join(parts)


def _is_number(column: Sequence[object]) -> bool:
    known = [value for value in column if value is not None]
    return bool(known) and all(
        isinstance(value, (int, float)) and not isinstance(value, bool) for value in known
    )


def _floor(name: str, width: int, is_right: bool) -> int:  # noqa: FBT001
    """Return the width below which a column is not cut: numbers and headers stay whole."""
    return width if is_right else min(width, max(_MIN_WIDTH, _width(name)))


def _shrunk(widths: Sequence[int], floors: Sequence[int], width: int) -> list[int]:
    """Take what is too much off the widest columns, one character at a time."""
    left = list(widths)
    surplus = sum(left) + len(GAP) * (len(left) - 1) - width
    for _ in range(surplus):
        loose = [place for place, floor in enumerate(floors) if left[place] > floor]
        if not loose:
            break
        left[max(loose, key=left.__getitem__)] -= 1
    return left


def _line(cells: Sequence[object], widths: Sequence[int], is_right: Sequence[bool]) -> str:
    shown = []
    for cell, width, right in zip(cells, widths, is_right, strict=True):
        text = _fitted([cell] if isinstance(cell, str) else cell, width)  # type: ignore[arg-type]
        blank = " " * (width - _width(text))
        shown.append(blank + text if right else text + blank)
    return GAP.join(shown).rstrip()


def _fitted(parts: Sequence[str], width: int) -> str:
    text = _joined(parts)
    if _width(text) <= width:
        return text
    share = max(2, (width - 3 * (len(parts) - 1)) // len(parts))
    return _cut(_joined([_cut(part, share) for part in parts]), width)


def _cut(text: str, width: int) -> str:
    if _width(text) <= width:
        return text
    while text and _width(text) + 1 > width:
        text = text[:-1]
    return text.rstrip() + _ELLIPSIS


def _width(text: str) -> int:
    """Return the columns of a terminal that text takes: none for accents, two for wide letters."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(c) else 1 + (unicodedata.east_asian_width(c) in "WF")
        for c in text
    )
