"""The instant that a run stands for."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pipeline.config.model import Config
from pipeline.errors import UsageError

EXAMPLES = "2011-12-01, 2011-12-01T08:30:00 or 2011-12-01T08:30:00+01:00"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def as_of_microseconds(config: Config, text: str | None = None) -> int | None:
    """Return the configured instant in microseconds since 1970-01-01 UTC, None if there is none.

    A date, or an instant without offset, is read on the clocks of `config.time_zone`. A time
    that the clocks skip is read by the offset before the change, so that a skipped midnight is
    the first instant of its day; of a time that the clocks show twice the first counts.

    Args:
        config: The configuration, whose `as_of` and `time_zone` count.
        text: Replaces the `as_of` of the configuration.

    Raises:
        UsageError: The text is neither a date nor an instant of the years 1 to 9999.
    """
    written = config.as_of if text is None else text
    if written is None:
        return None
    try:
        instant = parse_instant(written)
        if instant.tzinfo is None:
            instant = instant.replace(tzinfo=ZoneInfo(config.time_zone))
        return (instant.astimezone(UTC) - _EPOCH) // timedelta(microseconds=1)
    except (ValueError, OverflowError) as error:
        message = f"as_of {written!r}: write a date or an instant, like {EXAMPLES}"
        raise UsageError(message) from error


def parse_instant(text: str) -> datetime:
    """Return a date's midnight or an ISO 8601 instant, without a zone unless the text has one.

    Raises:
        ValueError: The text is neither.
    """
    try:
        return datetime.combine(date.fromisoformat(text), time())
    except ValueError:
        return datetime.fromisoformat(text)
