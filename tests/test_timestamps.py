"""A written timestamp is one instant, whatever its format, zone and offset."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.errors import DataError
from tests.sources import Read, read_orders, read_source

COLUMNS = {"order_id": "order", "ordered_at": "at"}


def read(folder: Path, *texts: str, zone: str = "UTC", formats: list[str]) -> Read:
    lines = "".join(f'{number},"{text}"\n' for number, text in enumerate(texts))
    (folder / "orders.csv").write_text("order,at\n" + lines, encoding="utf-8")
    return read_orders(folder, columns=COLUMNS, timestamps={"formats": formats, "zone": zone})


def instants(got: Read) -> list[str]:
    seconds = [at / 1_000_000 for at in got.column("ordered_at")]
    texts = [datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S.%f") for at in seconds]
    return [text.removesuffix(".000000") for text in texts]


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("2011-12-01 10:30:00", "%Y-%m-%d %H:%M:%S"),
        ("2011-12-01 10:30:00 UTC", "%Y-%m-%d %H:%M:%S UTC"),
        ("12/1/2011 10:30", "%m/%d/%Y %H:%M"),
        ("01.12.11 10:30 AM", "%d.%m.%y %I:%M %p"),
        ("20111201103000", "%Y%m%d%H%M%S"),
        ("2011-12-01 12:30:00 +0200", "%Y-%m-%d %H:%M:%S %z"),
        ("2011-12-01 05:30:00-05", "%Y-%m-%d %H:%M:%S%z"),
        ("2011-12-01 10:30:00.000000", "%Y-%m-%d %H:%M:%S.%f"),
        ("1322735400", "epoch_seconds"),
        ("1322735400.0", "epoch_seconds"),
        ("1322735400000", "epoch_milliseconds"),
        ("2011-12-01 10:30:00", "iso"),
        ("2011-12-01T10:30", "iso"),
        ("2011-12-01T10:30:00Z", "iso"),
        ("2011-12-01T10:30:00.000z", "iso"),
        ("2011-12-01T16:00:00+05:30", "iso"),
        ("2011-12-01T05:30:00-0500", "iso"),
        ("2011-12-01T11:30:00+01", "iso"),
        ("20111201T103000", "iso"),
        ("20111201T103000Z", "iso"),
        ("20111201T1030+0000", "iso"),
    ],
)
def test_a_format_says_how_a_timestamp_is_written(tmp_path: Path, text: str, form: str) -> None:
    assert ["2011-12-01 10:30:00"] == instants(read(tmp_path, text, formats=[form]))


def test_an_iso_date_is_its_midnight(tmp_path: Path) -> None:
    got = read(tmp_path, "2011-12-01", "20111202", formats=["iso"], zone="Europe/Paris")
    assert ["2011-11-30 23:00:00", "2011-12-01 23:00:00"] == instants(got)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("2011-12-01T10:30:00Z", "iso"),
        ("2011-12-01 10:30:00 +0000", "%Y-%m-%d %H:%M:%S %z"),
        ("1322735400", "epoch_seconds"),
    ],
)
def test_a_timestamp_with_an_offset_does_not_ask_for_the_zone(
    tmp_path: Path, text: str, form: str
) -> None:
    got = read(tmp_path, text, formats=[form], zone="America/New_York")
    assert ["2011-12-01 10:30:00"] == instants(got)


def test_fractions_of_a_second_are_kept(tmp_path: Path) -> None:
    got = read(
        tmp_path, "1322735400.25", "2011-12-01T10:30:00.000001", formats=["epoch_seconds", "iso"]
    )
    assert ["2011-12-01 10:30:00.000001", "2011-12-01 10:30:00.250000"] == instants(got)


def test_several_listed_formats_are_tried_in_order(tmp_path: Path) -> None:
    formats = ["%d/%m/%Y", "%m/%d/%Y", "iso", "%Y-%m-%d %H:%M %z"]
    texts = ["02/03/2011", "02/13/2011", "2011-04-01", "2011-05-01 02:00 +0200"]
    expected = [f"2011-{day} 00:00:00" for day in ("02-13", "03-02", "04-01", "05-01")]
    assert expected == instants(read(tmp_path, *texts, formats=formats))


def test_local_time_follows_the_zone_through_the_year(tmp_path: Path) -> None:
    texts = ["2011-01-15 12:00:00", "2011-07-15 12:00:00"]
    got = read(tmp_path, *texts, formats=["%Y-%m-%d %H:%M:%S"], zone="Europe/London")
    assert ["2011-01-15 12:00:00", "2011-07-15 11:00:00"] == instants(got)


def test_an_hour_that_the_clocks_leave_out_or_repeat_is_still_one_instant(tmp_path: Path) -> None:
    # London, 2011: 01:00 became 02:00 on 27 March, 02:00 became 01:00 on 30 October.
    texts = ["2011-03-27 01:30:00", "2011-10-30 01:30:00"]
    got = read(tmp_path, *texts, formats=["%Y-%m-%d %H:%M:%S"], zone="Europe/London")
    assert ["2011-03-27 01:30:00", "2011-10-30 01:30:00"] == instants(got)


@pytest.mark.parametrize(
    ("zone", "day"), [("UTC", 15_308), ("Asia/Tokyo", 15_309), ("America/New_York", 15_308)]
)
def test_a_day_is_a_day_of_the_configured_zone(tmp_path: Path, zone: str, day: int) -> None:
    (tmp_path / "orders.csv").write_text("order,at\n1,2011-11-30 23:00:00\n", encoding="utf-8")
    orders = {"files": "orders.csv", "columns": COLUMNS}
    got = read_source(tmp_path, "orders", orders=orders, time_zone=zone)
    assert [day] == got.column("ordered_day")


def test_days_before_1970_are_counted_backwards(tmp_path: Path) -> None:
    texts = ["1969-12-31 00:00:00", "1969-12-31 23:59:59", "1970-01-01 00:00:00"]
    got = read(tmp_path, *texts, formats=["%Y-%m-%d %H:%M:%S"])
    assert [-1, -1, 0] == got.column("ordered_day")


@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("01/12/2011", "%Y-%m-%d"),
        ("2011-02-30", "%Y-%m-%d"),
        ("yesterday", "iso"),
        ("infinity", "iso"),
        ("294247-01-10 03:00:00", "iso"),
        ("2011-13-01T00:00:00Z", "iso"),
        ("1e30", "epoch_seconds"),
        ("9223372036854775807", "epoch_milliseconds"),
        ("noon", "epoch_milliseconds"),
    ],
)
def test_a_timestamp_in_no_listed_format_is_rejected(
    tmp_path: Path, text: str, form: str, zone: str
) -> None:
    got = read(tmp_path, text, formats=[form], zone=zone)
    reason = "ordered_at does not match the formats"
    assert [("orders.csv", 2, reason, f'0,"{text}"')] == got.quarantine


def test_an_instant_that_no_calendar_has_is_rejected(tmp_path: Path) -> None:
    got = read(tmp_path, "999999999999", formats=["epoch_seconds"], zone="Europe/London")
    expected = ["ordered_at is outside the years 1 to 9999"]
    assert expected == [reason for _, _, reason, _ in got.quarantine]


def test_an_unlisted_format_fails_the_run_and_names_the_rows(tmp_path: Path) -> None:
    lines = "1,2011-12-01 10:00:00\n" * 50 + "2,12/01/2011 10:00\n"
    (tmp_path / "orders.csv").write_text("order,at\n" + lines, encoding="utf-8")
    orders = {"files": "orders.csv", "columns": COLUMNS}
    with pytest.raises(DataError, match=r"orders\.csv:52: ordered_at does not match") as error:
        read_source(tmp_path, "orders", orders=orders)
    assert 65 == error.value.exit_code
