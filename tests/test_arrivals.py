"""Input that is far too much or too little is refused; input that came late is counted."""

from pathlib import Path

import pytest

from pipeline.config.load import load_config
from pipeline.errors import DataError
from pipeline.io.arrivals import input_changes, previous_of
from pipeline.io.manifest import InputChange, InputEntry, read_manifest
from pipeline.io.runs import latest_run_id, resolve, run_ids
from pipeline.outcome import RunReport
from pipeline.run import run
from tests.programs import CANONICAL, plain_config
from tests.staged import publish_run


def write_orders(folder: Path, day: int, count: int) -> None:
    """Write so many orders of one line each, of one day."""
    lines = [f"{day}-{n},c{n},A,2026-03-{day:02d} 10:00:00,1,2.50" for n in range(count)]
    text = "\n".join([",".join(CANONICAL), *lines, ""])
    (folder / f"orders_{day:02d}.csv").write_text(text, encoding="utf-8")


def publish(config: Path, as_of: str, *overrides: str) -> RunReport:
    return run(load_config(config, overrides), as_of)


def test_an_input_far_smaller_or_larger_than_last_time_is_refused(tmp_path: Path) -> None:
    config = plain_config(tmp_path, "orders_*.csv")
    write_orders(tmp_path, 1, 99)  # 100 lines with the header
    first = publish(config, "2026-03-02").run_id

    for count, found in ((18, 19), (500, 501), (0, 1)):
        write_orders(tmp_path, 1, count)
        with pytest.raises(DataError, match=rf"^orders: {found} lines, and 100 in the run .*null$"):
            publish(config, "2026-03-03")

    assert latest_run_id(tmp_path / "outputs") == first


@pytest.mark.parametrize("count", [19, 499])
def test_an_input_at_the_edge_of_the_ratio_is_accepted(tmp_path: Path, count: int) -> None:
    config = plain_config(tmp_path, "orders_*.csv")
    write_orders(tmp_path, 1, 99)
    publish(config, "2026-03-02")
    write_orders(tmp_path, 1, count)

    assert publish(config, "2026-03-03").is_latest


def test_an_unusual_input_can_be_allowed_and_other_files_are_not_compared(tmp_path: Path) -> None:
    config = plain_config(tmp_path, "orders_*.csv")
    write_orders(tmp_path, 1, 99)
    publish(config, "2026-03-02")
    write_orders(tmp_path, 1, 3)

    allowed = publish(config, "2026-03-03", "breakers.max_volume_ratio=null")
    write_orders(tmp_path, 1, 99)
    other = publish(config, "2026-03-04", "orders.files=orders_01.csv")

    assert allowed.is_latest
    assert other.is_latest


def test_orders_that_come_late_are_in_a_rerun_and_the_manifest_says_how_many(
    tmp_path: Path,
) -> None:
    config, output = plain_config(tmp_path, "orders_*.csv"), tmp_path / "outputs"
    write_orders(tmp_path, 1, 20)
    write_orders(tmp_path, 2, 20)
    first = publish(config, "2026-03-03")
    write_orders(tmp_path, 2, 25)
    write_orders(tmp_path, 3, 4)  # after as_of: read, but not counted

    again = publish(config, "2026-03-03")
    manifest = read_manifest(resolve(output))

    change = InputChange("orders", lines=10, new_files=1, changed_files=1, gone_files=0)
    assert (manifest.previous_run_id, manifest.input_changes) == (first.run_id, (change,))
    assert again.is_latest
    (note,) = [note for note in again.notes if note.startswith("orders: ")]
    assert f"+10 lines since {first.run_id}" in note
    rows = {table.name: table.rows for report in (first, again) for table in report.tables}
    assert rows["rfm_segments"] == 25
    assert len(run_ids(output)) == 2


def test_the_same_input_again_is_the_same_run_and_has_no_predecessor(tmp_path: Path) -> None:
    config = plain_config(tmp_path, "orders_*.csv")
    write_orders(tmp_path, 1, 20)
    publish(config, "2026-03-03")

    assert publish(config, "2026-03-03").state == "unchanged"
    assert read_manifest(resolve(tmp_path / "outputs")).previous_run_id is None


def test_the_run_before_is_the_one_that_was_started_last_for_the_same_instant(
    tmp_path: Path,
) -> None:
    day, ids = "2011-12-10T000000Z", ("0aaaaaaa", "0bbbbbbb", "0ccccccc")
    for tail, hour in zip(ids, (3, 5, 4), strict=True):
        started_at = f"2026-01-31T0{hour}:00:00Z"
        publish_run(tmp_path, f"{day}-{tail}", tail, started_at=started_at)
    publish_run(tmp_path, "2011-12-11T000000Z-0ddddddd", "later", started_at="2026-02-01T00:00:00Z")

    found = [previous_of(tmp_path, f"{day}-{tail}") for tail in (*ids, "0eeeeeee")]

    assert [1, 2, 1, 1] == [ids.index(one.run_id[-8:]) for one in found if one]


def test_what_is_gone_counts_too() -> None:
    one, two = (InputEntry("orders", name, 10, 99, name) for name in ("1.csv", "2.csv"))
    views = InputEntry("events", "views.csv", 7, 70, "aa")

    assert input_changes([one, views], [one, two, views]) == (InputChange("orders", -10, 0, 0, 1),)
    assert input_changes([two, one], [one, two]) == ()
