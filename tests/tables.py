"""Tables drawn in ASCII, and their cells as values.

    customer | item | at
    ann      | A    | 1d
    -        | B    | 2d+30m

`-` is NULL; an instant is a sum of days, hours, minutes, seconds and microseconds since 1970-01-01.
"""

import re

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
_UNITS = {"d": DAY, "h": HOUR, "m": MINUTE, "s": SECOND, "u": 1}
_STEP = re.compile(r"(\d+)([dhmsu])")

Cell = str | None


def drawn(text: str) -> list[dict[str, Cell]]:
    """Return the rows of a drawn table, its cells as text; `-` is None."""
    header, *lines = [_cells(line) for line in text.strip().splitlines()]
    return [{str(name): cell for name, cell in zip(header, line, strict=True)} for line in lines]


def instant(text: str) -> int:
    """Return the microseconds of an instant such as `1d+30m`."""
    steps = [_STEP.fullmatch(step) for step in text.split("+")]
    if not all(steps):
        message = f"not an instant: {text}"
        raise ValueError(message)
    return sum(int(step[1]) * _UNITS[step[2]] for step in steps if step)


def _cells(line: str) -> list[Cell]:
    cells = [cell.strip() for cell in line.split("|")]
    return [None if cell == "-" else cell for cell in cells]
