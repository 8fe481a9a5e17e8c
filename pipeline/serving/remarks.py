"""What is wrong with a line of a hand-made file without making the file useless."""

from dataclasses import dataclass


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
