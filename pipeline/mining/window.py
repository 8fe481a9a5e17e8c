"""The half-open lookback window of a stage."""

from dataclasses import dataclass

DAY_MICROSECONDS = 86_400_000_000


@dataclass(frozen=True)
class Window:
    """`[start, end)` in microseconds since 1970-01-01 UTC."""

    start: int
    end: int

    @classmethod
    def before(cls, as_of: int, lookback_days: int | None, earliest: int) -> "Window":
        """Return the window that ends at `as_of`; without a length it starts at `earliest`.

        Args:
            as_of: End of the window, microseconds since 1970-01-01 UTC, exclusive.
            lookback_days: Length in days of 24 hours, or None for everything.
            earliest: Instant of the first row, used where there is no length.
        """
        if lookback_days is None:
            return cls(min(earliest, as_of), as_of)
        return cls(as_of - lookback_days * DAY_MICROSECONDS, as_of)

    @property
    def values(self) -> dict[str, int]:
        """The window as values that SQL files bind."""
        return {"window_start": self.start, "window_end": self.end}
