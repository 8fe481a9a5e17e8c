"""The instant of a run, from a date or an instant on the clocks of a zone."""

from datetime import UTC, datetime, timedelta

import pytest

from pipeline.config.as_of import as_of_microseconds
from pipeline.config.model import Config
from pipeline.errors import UsageError


def instant(text: str, zone: str = "UTC") -> datetime:
    """Return the instant in UTC, so that answers can be read."""
    microseconds = as_of_microseconds(Config(time_zone=zone), text)
    assert microseconds is not None
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("2011-12-01", "UTC", "2011-12-01T00:00:00+00:00"),
        # Midnight in winter and in summer.
        ("2011-12-01", "Europe/Berlin", "2011-11-30T23:00:00+00:00"),
        ("2011-07-01", "Europe/Berlin", "2011-06-30T22:00:00+00:00"),
        ("2011-12-01", "Asia/Kathmandu", "2011-11-30T18:15:00+00:00"),
        # The days of the change themselves: their midnight comes before the change.
        ("2011-03-27", "Europe/Berlin", "2011-03-26T23:00:00+00:00"),
        ("2011-03-28", "Europe/Berlin", "2011-03-27T22:00:00+00:00"),
        ("2011-10-31", "Europe/Berlin", "2011-10-30T23:00:00+00:00"),
        # In Sao Paulo the clocks went from 2018-11-03 24:00 to 01:00: the day starts at 01:00.
        ("2018-11-04", "America/Sao_Paulo", "2018-11-04T03:00:00+00:00"),
        # In Havana they went from 2018-11-04 01:00 back to 00:00: the first midnight counts.
        ("2018-11-04", "America/Havana", "2018-11-04T04:00:00+00:00"),
        ("2011-12-01T08:30:00", "Europe/Berlin", "2011-12-01T07:30:00+00:00"),
        ("2011-10-30T02:30:00", "Europe/Berlin", "2011-10-30T00:30:00+00:00"),
        ("2011-12-01T08:30:00+05:00", "Europe/Berlin", "2011-12-01T03:30:00+00:00"),
        ("2011-12-01T08:30:00Z", "Europe/Berlin", "2011-12-01T08:30:00+00:00"),
        ("2011-12-01 08:30:00.000001", "UTC", "2011-12-01T08:30:00.000001+00:00"),
        ("1969-12-31", "UTC", "1969-12-31T00:00:00+00:00"),
    ],
)
def test_an_instant_is_read_on_the_clocks_of_the_zone(text: str, zone: str, expected: str) -> None:
    assert expected == instant(text, zone).isoformat()


def test_microseconds_are_counted_exactly() -> None:
    assert 1_322_728_200_000_001 == as_of_microseconds(Config(), "2011-12-01T08:30:00.000001")


def test_the_configured_instant_counts_unless_another_is_given() -> None:
    config = Config(as_of="1970-01-02")
    assert 86_400_000_000 == as_of_microseconds(config)
    assert 0 == as_of_microseconds(config, "1970-01-01")


def test_without_an_instant_there_is_none() -> None:
    assert as_of_microseconds(Config()) is None


@pytest.mark.parametrize(
    "text", ["", "today", "2011-13-01", "01.12.2011", "2011-12-01T25:00", "0001-01-01T00:00+14:00"]
)
def test_what_is_no_instant_is_refused_with_examples(text: str) -> None:
    with pytest.raises(UsageError, match="write a date or an instant, like 2011-12-01"):
        as_of_microseconds(Config(), text)
