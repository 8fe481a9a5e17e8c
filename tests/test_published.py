"""Published runs: every damage is found, going back and pruning never leave a reader alone."""

import json
import os
import random
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.__main__ import main
from pipeline.errors import BusyError, StorageError, UsageError
from pipeline.io.history import published_runs, run_before, verified
from pipeline.io.lock import lock
from pipeline.io.manifest import damages
from pipeline.io.publish import staging
from pipeline.io.retention import prune, rollback
from pipeline.io.runs import RUNS, STAGING, latest_run_id, resolve, run_ids
from tests.staged import kill_at_every_step, publish_run, stage

DAYS = [f"2011-12-{day:02d}T000000Z-0aaaaaaa" for day in range(1, 7)]
LONG_AGO = datetime(2026, 1, 31, 3, tzinfo=UTC)  # when staged runs were started
NOW = datetime(2026, 6, 1, tzinfo=UTC)


def publish_days(output: Path, *days: str) -> None:
    """Publish a run for each day; each was made, and left by `latest`, long ago."""
    for day in days:
        publish_run(output, day, day)
    for day in days:
        age(output, day, LONG_AGO)


def age(output: Path, run_id: str, used_at: datetime) -> None:
    """Have a run made, or `latest` leave it, at another instant."""
    os.utime(output / RUNS / run_id, times=(used_at.timestamp(), used_at.timestamp()))


def damage_at_random(folder: Path, chance: random.Random) -> str:
    """Break one thing in a run and say what."""
    path = chance.choice(sorted(folder.iterdir()))
    content = bytearray(path.read_bytes())
    kind = chance.choice(["flip", "truncate", "remove", "add a file", "add a folder", "grow"])
    if kind == "flip":
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        path.write_bytes(content)
    elif kind == "truncate":
        path.write_bytes(content[: chance.randrange(len(content))])
    elif kind == "remove":
        path.unlink()
    elif kind == "grow":
        path.write_bytes(content + chance.randbytes(chance.randrange(1, 9)))
    elif kind == "add a file":
        (folder / f"{chance.randrange(1000)}.parquet").write_bytes(content)
    else:
        (folder / f".{chance.randrange(1000)}").mkdir()
    return f"{kind} {path.name}"


def test_every_one_of_200_random_damages_is_found(tmp_path: Path) -> None:
    whole = publish_run(tmp_path, DAYS[0], "content " * 50).folder
    chance = random.Random(20111210)  # noqa: S311
    missed, kinds = [], set()
    for number in range(200):
        folder = shutil.copytree(whole, tmp_path / str(number) / DAYS[0])
        done = damage_at_random(folder, chance)
        kinds.add(done.split()[0])
        if not damages(folder):
            missed.append(done)

    assert [] == missed
    assert {"flip", "truncate", "remove", "add", "grow"} == kinds
    assert verified(whole).run_id == DAYS[0]


def test_a_run_under_the_name_of_another_is_damage(tmp_path: Path) -> None:
    publish_days(tmp_path, *DAYS[:2])
    shutil.rmtree(tmp_path / RUNS / DAYS[0])
    folder = shutil.copytree(resolve(tmp_path), tmp_path / RUNS / DAYS[0])

    with pytest.raises(StorageError, match=f"it is the manifest of {DAYS[1]}"):
        verified(folder)


def test_the_list_tells_what_each_run_is(tmp_path: Path) -> None:
    publish_days(tmp_path, *DAYS[:4])
    publish_run(tmp_path, DAYS[4], "chosen", is_partial=True)
    (tmp_path / RUNS / DAYS[0] / "manifest.json").write_text("{}")
    (tmp_path / RUNS / DAYS[1] / "item_stats.parquet").write_text("short")
    (tmp_path / RUNS / DAYS[2] / "mine.txt").write_text("mine")

    found = published_runs(tmp_path)

    assert DAYS[:5] == [run.run_id for run in found]
    assert ["damaged"] * 3 + ["complete", "partial"] == [run.state for run in found]
    assert [None, "2011-12-02T00:00:00Z"] == [run.as_of for run in found[:2]]
    assert [False, False, False, True, False] == [run.is_latest for run in found]
    assert [0, 2, 2, 2, 2] == [run.rows for run in found]
    sizes = [path.stat().st_size for path in resolve(tmp_path).iterdir()]
    assert sum(sizes) == found[3].bytes


def test_a_folder_that_is_no_run_is_neither_listed_nor_pruned(tmp_path: Path) -> None:
    publish_days(tmp_path, DAYS[0])
    (tmp_path / RUNS / "mine").mkdir()
    (tmp_path / RUNS / DAYS[1]).symlink_to(DAYS[0])

    assert [DAYS[0]] == run_ids(tmp_path)
    assert [] == prune(tmp_path, 1, NOW)
    assert (tmp_path / RUNS / "mine").is_dir()


def test_going_back_takes_the_run_before_and_then_the_one_before_that(tmp_path: Path) -> None:
    publish_days(tmp_path, *DAYS[:3])

    assert [DAYS[1], DAYS[0]] == [rollback(tmp_path).name, rollback(tmp_path).name]
    assert latest_run_id(tmp_path) == DAYS[0]
    with pytest.raises(UsageError, match="no complete run before the latest"):
        rollback(tmp_path)


def test_runs_of_one_instant_stand_in_the_order_of_their_start(tmp_path: Path) -> None:
    ids = [f"{DAYS[0][:-8]}{tail}aaaaaaa" for tail in "cab"]
    for hour, run_id in enumerate(ids):
        publish_run(tmp_path, run_id, run_id, started_at=f"2026-01-31T0{hour}:00:00Z")

    assert ids == [run.run_id for run in published_runs(tmp_path)]
    assert rollback(tmp_path).name == ids[1]


def test_going_back_skips_runs_that_are_not_complete(tmp_path: Path) -> None:
    publish_days(tmp_path, *DAYS[:2])
    publish_run(tmp_path, DAYS[2], "chosen", is_partial=True)
    publish_days(tmp_path, DAYS[3])
    (tmp_path / RUNS / DAYS[1] / "rfm_segments.parquet").unlink()

    assert run_before(tmp_path) == DAYS[0]


def test_latest_can_be_pointed_at_any_complete_run(tmp_path: Path) -> None:
    publish_days(tmp_path, *DAYS[:3])

    assert [DAYS[0], DAYS[2]] == [rollback(tmp_path, DAYS[at]).name for at in (0, 2)]
    assert latest_run_id(tmp_path) == DAYS[2]
    assert [] == list((tmp_path / STAGING).iterdir())


def test_after_going_back_the_next_run_moves_latest_forward_again(tmp_path: Path) -> None:
    publish_days(tmp_path, *DAYS[:3])
    rollback(tmp_path, DAYS[0])

    assert publish_run(tmp_path, DAYS[1], DAYS[1]).latest == DAYS[1]


def test_a_pointer_to_a_run_that_is_gone_is_mended_by_going_back(tmp_path: Path) -> None:
    publish_days(tmp_path, *DAYS[:3])
    shutil.rmtree(tmp_path / RUNS / DAYS[2])

    with pytest.raises(UsageError, match="names no run: `basket rollback`"):
        resolve(tmp_path)
    assert rollback(tmp_path).name == DAYS[1]


def spoil(folder: Path) -> None:
    path = folder / "item_stats.parquet"
    path.write_bytes(path.read_bytes()[:-1] + b"!")


@pytest.mark.parametrize(
    ("run_id", "error", "message"),
    [
        (DAYS[0], StorageError, "content is not what was written"),
        (DAYS[3], UsageError, "chosen tables only"),
        (DAYS[5], UsageError, "no run"),
        ("../outside", UsageError, "no run"),
    ],
)
def test_latest_is_never_pointed_at_anything_but_a_whole_run(
    tmp_path: Path, run_id: str, error: type[Exception], message: str
) -> None:
    publish_days(tmp_path, *DAYS[:3])
    publish_run(tmp_path, DAYS[3], "chosen", is_partial=True)
    spoil(tmp_path / RUNS / DAYS[0])

    with pytest.raises(error, match=message):
        rollback(tmp_path, run_id)

    assert latest_run_id(tmp_path) == DAYS[2]


def test_pruning_keeps_the_newest_complete_runs_and_the_latest(tmp_path: Path) -> None:
    publish_days(tmp_path, *DAYS)
    rollback(tmp_path, DAYS[1])
    age(tmp_path, DAYS[5], LONG_AGO)

    removed = prune(tmp_path, 2, NOW)

    assert [DAYS[0], DAYS[2], DAYS[3]] == [run.run_id for run in removed]
    assert [DAYS[1], DAYS[4], DAYS[5]] == run_ids(tmp_path)
    assert [] == damages(resolve(tmp_path))
    assert [] == list((tmp_path / STAGING).iterdir())


def test_runs_that_are_not_complete_take_no_place_among_the_kept(tmp_path: Path) -> None:
    publish_days(tmp_path, *DAYS[:2])
    publish_run(tmp_path, DAYS[2], "chosen", is_partial=True)
    publish_days(tmp_path, DAYS[3])
    (tmp_path / RUNS / DAYS[1] / "rfm_segments.parquet").unlink()
    for day in DAYS[:4]:
        age(tmp_path, day, LONG_AGO)

    prune(tmp_path, 2, NOW)

    assert [DAYS[0], DAYS[3]] == run_ids(tmp_path)


def test_a_run_made_lately_stays_however_old_the_day_it_stands_for(tmp_path: Path) -> None:
    publish_days(tmp_path, *DAYS[1:3])
    publish_run(tmp_path, DAYS[0], "a backfill", started_at=NOW.isoformat())
    age(tmp_path, DAYS[0], LONG_AGO)

    assert [DAYS[1]] == [run.run_id for run in prune(tmp_path, 1, NOW)]


def test_a_run_that_latest_left_lately_stays_for_those_who_read_it(tmp_path: Path) -> None:
    publish_days(tmp_path, *DAYS[:3])
    before = datetime.now(UTC) - timedelta(minutes=1)
    rollback(tmp_path, DAYS[1])  # leaves day 2
    publish_run(tmp_path, DAYS[3], DAYS[3])  # leaves day 1

    assert [DAYS[0]] == [run.run_id for run in prune(tmp_path, 1, before)]


def test_a_pruning_that_is_killed_leaves_whole_runs_and_the_next_writer_clears_up(
    tmp_path: Path,
) -> None:
    publish_days(tmp_path / "before", *DAYS[:3])

    outputs = kill_at_every_step(tmp_path / "before", tmp_path / "killed", "prune")

    assert len(outputs) > 8
    for output in outputs:
        assert {"complete"} == {run.state for run in published_runs(output)}
        assert resolve(output).name == DAYS[2]
        prune(output, 1, NOW)
        assert [DAYS[2]] == run_ids(output)
        assert [] == list((output / STAGING).iterdir())


def test_a_rollback_that_is_killed_leaves_latest_on_one_run_or_the_other(tmp_path: Path) -> None:
    publish_days(tmp_path / "before", *DAYS[:2])

    outputs = kill_at_every_step(tmp_path / "before", tmp_path / "killed", "rollback", DAYS[0])
    named = [resolve(output).name for output in outputs]

    assert named == sorted(named, reverse=True)
    assert set(DAYS[:2]) == set(named)
    for output in outputs:
        rollback(output, DAYS[0])
        assert [] == list((output / STAGING).iterdir())


@pytest.mark.parametrize("action", [rollback, lambda output: prune(output, 1, NOW)])
def test_what_writes_waits_for_no_run_that_holds_the_lock(
    tmp_path: Path, action: Callable[[Path], object]
) -> None:
    publish_days(tmp_path, *DAYS[:2])

    with lock(tmp_path), staging(tmp_path, DAYS[2]) as staged:
        stage(staged, DAYS[2], "new")
        with pytest.raises(BusyError):
            action(tmp_path)
        assert damages(staged) == []

    assert DAYS[:2] == run_ids(tmp_path)


@pytest.mark.parametrize("words", [["verify"], ["rollback"], ["prune", "--keep", "1"]])
def test_a_folder_without_runs_is_refused_and_left_alone(
    tmp_path: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, "--output", str(tmp_path / "outputs")]) == 2
    assert "nothing has been published" in capsys.readouterr().err
    assert [] == list(tmp_path.iterdir())


def test_the_commands_print_what_they_found_and_did(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    publish_days(tmp_path, *DAYS[:3])

    def basket(*words: str) -> tuple[int, str]:
        return main([*words, "--output", str(tmp_path)]), capsys.readouterr().out

    assert basket("verify") == (0, f"run {DAYS[2]} is whole: 2 tables, 78 bytes\n")
    assert basket("rollback") == (0, f"`latest` names {DAYS[1]}\n")
    assert basket("rollback", DAYS[2]) == (0, f"`latest` names {DAYS[2]}\n")
    age(tmp_path, DAYS[1], LONG_AGO)
    assert basket("prune", "--keep", "2", "--older-than", "30") == (0, f"{DAYS[0]}\n")
    code, text = basket("runs")
    assert code == 0
    assert [DAYS[1], DAYS[2]] == [line.split()[0] for line in text.splitlines()[1:]]
    assert text.splitlines()[-1].endswith("complete  yes")
    _, document = basket("runs", "--json")
    assert [DAYS[1], DAYS[2]] == [run["run_id"] for run in json.loads(document)]


def test_a_damaged_run_ends_with_74_and_a_line_for_each_damage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    publish_days(tmp_path, DAYS[0])
    (tmp_path / RUNS / DAYS[0] / "mine.txt").write_text("mine")
    (tmp_path / RUNS / DAYS[0] / "item_stats.parquet").unlink()

    assert main(["verify", DAYS[0], "--output", str(tmp_path)]) == 74
    first, *lines = capsys.readouterr().err.splitlines()[1:]
    assert "the run is damaged; go back with `basket rollback`" in first
    assert len(lines) == 2
