"""What is wrong with a line of a hand-made file without making the file useless."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from pipeline.config.problems import nearest

PLANNED: Final = "not_yet_valid"
"""Kind of a remark that tells of no fault: what is planned waits for its day."""
_MOST_NAMES: Final = 2000


@dataclass(frozen=True, order=True)
class Remark:
    """One warning: the row or rule that it is about is left out, or does nothing.

    Attributes:
        file: Name of the file, as the configuration gives it.
        line: Line in the file, from 1.
        kind: A word to count by, such as `unknown_target`.
        message: What is wrong and what became of it.
    """

    file: str
    line: int
    kind: str
    message: str

    def __str__(self) -> str:
        """Return `file:line: message`."""
        return f"{self.file}:{self.line}: {self.message}"

    @property
    def is_fault(self) -> bool:
        """Whether somebody should mend it: `serving.strict` takes it as an error."""
        return self.kind != PLANNED


def near_hint(name: str, known: Collection[str]) -> str:
    """Return `; did you mean ...?` where a known name is near, and the names are not too many."""
    near = nearest(name, known) if len(known) <= _MOST_NAMES else None
    return f"; did you mean {near}?" if near else ""
