"""The half-open lookback window of a stage."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

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


def local_day(instant: int, zone: str) -> int:
    """Return the day of an instant on the clocks of a zone, counted from 1970-01-01.

    Args:
        instant: Microseconds since 1970-01-01 UTC.
        zone: Name of a time zone.

    Example:
        >>> local_day(0, "UTC"), local_day(0, "America/New_York")
        (0, -1)
    """
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=instant)
    return (at.astimezone(ZoneInfo(zone)).date() - date(1970, 1, 1)).days
