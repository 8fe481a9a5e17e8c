"""From which day to which day something holds that people planned by hand."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

State = Literal["live", "expired", "planned"]
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Validity:
    """A span of whole days, both ends included.

    Attributes:
        first: First day; None for always until now.
        last: Last day; None for ever.
    """

    first: date | None = None
    last: date | None = None

    def __post_init__(self) -> None:
        """Refuse a span without a day.

        Raises:
            ValueError: The last day comes before the first.
        """
        if self.first and self.last and self.last < self.first:
            message = f"valid_to {self.last} comes before valid_from {self.first}"
            raise ValueError(message)

    def state(self, day: date) -> State:
        """Return whether a day lies in the span, behind its end or before its start."""
        if self.last and day > self.last:
            return "expired"
        return "planned" if self.first and day < self.first else "live"


def parse_day(text: str) -> date:
    """Return the day that a text such as 2026-03-01 names.

    Raises:
        ValueError: It names none.
    """
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass  # the 30th of February
    message = f"{text!r} is no day: write it like 2026-03-01"
    raise ValueError(message)


def day_of(instant: int, time_zone: str) -> date:
    """Return the day of an instant (microseconds since 1970-01-01 UTC) on the clocks of a zone."""
    moment = _EPOCH + timedelta(microseconds=instant)
    return moment.astimezone(ZoneInfo(time_zone)).date()
