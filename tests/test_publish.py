"""Publication: a reader sees the old run or the new one, whole, whatever happens to the writer."""

import errno
import itertools
import os
import shutil
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import AuditError, StorageError, UsageError
from pipeline.io import durable
from pipeline.io.manifest import damages, read_manifest
from pipeline.io.publish import publish, staging
from pipeline.io.runs import STAGING, latest_run_id, resolve, run_ids
from tests.staged import before_step, kill_at_every_step, publish_run, stage

OLD, NEW = "2011-12-09T000000Z-0aaaaaaa", "2011-12-10T000000Z-0bbbbbbb"


def contents(output: Path) -> set[str]:
    """First words of the tables that a reader of `latest` sees; one word is one whole run."""
    folder = resolve(output)
    assert damages(folder) == []
    return {path.read_text().split()[0] for path in folder.glob("*.parquet")}


def leftovers(output: Path) -> list[str]:
    return sorted(path.name for path in (output / STAGING).iterdir())


def test_latest_names_the_newest_run(tmp_path: Path) -> None:
    states = [publish_run(tmp_path, OLD, "old").state, publish_run(tmp_path, NEW, "new").state]

    assert states == ["new", "new"]
    assert contents(tmp_path) == {"new"}
    assert str((tmp_path / "latest").readlink()) == f"runs/{NEW}"
    assert leftovers(tmp_path) == []


def test_a_rerun_leaves_the_files_of_a_whole_run_alone(tmp_path: Path) -> None:
    first = publish_run(tmp_path, NEW, "new")
    before = {path: path.stat() for path in first.folder.iterdir()}

    rerun = publish_run(tmp_path, NEW, "new")

    assert rerun.state == "unchanged"
    assert before == {path: path.stat() for path in first.folder.iterdir()}
    assert leftovers(tmp_path) == []


def test_a_run_of_chosen_tables_leaves_latest_alone(tmp_path: Path) -> None:
    publish_run(tmp_path, OLD, "old")
    publication = publish_run(tmp_path, NEW, "new", is_partial=True)

    assert publication.latest == latest_run_id(tmp_path) == OLD
    assert damages(resolve(tmp_path, NEW)) == []


def test_the_same_tables_published_as_a_complete_run_become_the_latest(tmp_path: Path) -> None:
    states = [
        publish_run(tmp_path, NEW, "new", is_partial=is_partial).state
        for is_partial in (True, True, False, True)
    ]

    assert states == ["new", "unchanged", "replaced", "unchanged"]
    assert latest_run_id(tmp_path) == NEW
    assert not read_manifest(resolve(tmp_path)).is_partial


def test_a_backfill_of_an_earlier_day_leaves_latest_on_the_later_one(tmp_path: Path) -> None:
    publish_run(tmp_path, NEW, "new")

    publication = publish_run(tmp_path, OLD, "old")

    assert publication.latest == latest_run_id(tmp_path) == NEW
    assert damages(resolve(tmp_path, OLD)) == []


def test_another_run_of_the_same_instant_becomes_the_latest(tmp_path: Path) -> None:
    publish_run(tmp_path, NEW, "new")
    other = f"{NEW[:-8]}0aaaaaaa"

    assert publish_run(tmp_path, other, "other").latest == other


@pytest.mark.parametrize("damage", ["gone", "without a manifest"])
def test_a_backfill_becomes_the_latest_where_latest_names_no_run(
    tmp_path: Path, damage: str
) -> None:
    folder = publish_run(tmp_path, NEW, "new").folder
    shutil.rmtree(folder) if damage == "gone" else (folder / "manifest.json").unlink()

    assert publish_run(tmp_path, OLD, "old").latest == OLD
    assert contents(tmp_path) == {"old"}


@pytest.mark.parametrize("name", ["rfm_segments.parquet", "manifest.json"])
@pytest.mark.parametrize("damage", ["truncated", "flipped", "missing"])
def test_a_damaged_run_is_replaced(tmp_path: Path, name: str, damage: str) -> None:
    path = publish_run(tmp_path, NEW, "new").folder / name
    content = path.read_bytes()
    path.unlink()
    if damage != "missing":
        middle = len(content) // 2
        flipped = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
        path.write_bytes(flipped if damage == "flipped" else content[:middle])

    assert publish_run(tmp_path, NEW, "new").state == "replaced"
    assert contents(tmp_path) == {"new"}
    assert leftovers(tmp_path) == []


def test_a_whole_run_with_other_tables_is_replaced(tmp_path: Path) -> None:
    publish_run(tmp_path, NEW, "old")

    assert publish_run(tmp_path, NEW, "new").state == "replaced"
    assert contents(tmp_path) == {"new"}


def test_a_surplus_file_is_damage(tmp_path: Path) -> None:
    folder = publish_run(tmp_path, NEW, "new").folder
    (folder / "notes.txt").write_text("mine")

    assert damages(folder) == ["not in the manifest: notes.txt"]


def test_folders_are_exchanged_where_the_file_system_cannot_do_it_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_run(tmp_path, NEW, "old")
    monkeypatch.setattr(durable, "_exchange", lambda _left, _right: False)

    assert publish_run(tmp_path, NEW, "new").state == "replaced"
    assert contents(tmp_path) == {"new"}
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("run_id", [NEW, OLD], ids=["a new run", "the same run, other tables"])
def test_a_reader_sees_a_whole_run_wherever_the_writer_is_killed(
    tmp_path: Path, run_id: str
) -> None:
    publish_run(tmp_path / "before", OLD, "old")
    outputs = kill_at_every_step(tmp_path / "before", tmp_path / "killed", "publish", run_id)

    seen = [contents(output) for output in outputs]
    old_count, new_count = seen.count({"old"}), seen.count({"new"})

    assert [{"old"}] * old_count + [{"new"}] * new_count == seen
    assert old_count > 4
    for output in outputs:
        publish_run(output, run_id, "new")
        assert contents(output) == {"new"}
        assert leftovers(output) == []


def test_a_reader_finds_nothing_or_a_whole_run_when_the_first_one_is_killed(
    tmp_path: Path,
) -> None:
    (tmp_path / "before").mkdir()

    outputs = kill_at_every_step(tmp_path / "before", tmp_path / "killed", "publish", NEW)

    assert len(outputs) > 8
    for output in outputs:
        assert latest_run_id(output) is None or contents(output) == {"new"}
        publish_run(output, NEW, "new")
        assert contents(output) == {"new"}
        assert leftovers(output) == []


def test_a_full_disk_at_any_step_leaves_a_whole_run_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_run(tmp_path / "before", OLD, "old")
    for failing in itertools.count():
        output = shutil.copytree(tmp_path / "before", tmp_path / str(failing), symlinks=True)

        def fill(number: int, failing: int = failing) -> None:
            if number == failing:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        with monkeypatch.context() as patch:
            before_step(fill, partial(patch.setattr, os))
            try:
                publish_run(output, NEW, "new")
            except StorageError as error:
                message = str(error)
            else:
                break
        assert "No space left on device" in message
        assert "free space there" in message
        assert contents(output) in ({"old"}, {"new"})
        assert [name for name in leftovers(output) if name.startswith(NEW)] == []
        publish_run(output, NEW, "new")
        assert leftovers(output) == []

    assert failing > 8


def test_every_step_is_durable_before_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_run(tmp_path, OLD, "old")
    calls: list[tuple[str, Any]] = []
    sync, rename, replace = os.fsync, os.rename, os.replace

    def watched_sync(descriptor: int) -> None:
        calls.append(("sync", os.fstat(descriptor).st_ino))
        sync(descriptor)

    def watched_rename(source: Path, target: Path) -> None:
        calls.append(("rename to", Path(target).name))
        rename(source, target)

    def watched_replace(source: Path, target: Path) -> None:
        calls.append(("swap", Path(target).name))
        replace(source, target)

    monkeypatch.setattr(os, "fsync", watched_sync)
    monkeypatch.setattr(os, "rename", watched_rename)
    monkeypatch.setattr(os, "replace", watched_replace)
    publish_run(tmp_path, NEW, "new")

    inodes = {path.stat().st_ino: path.name for path in (tmp_path, *tmp_path.rglob("*"))}
    assert [(call, inodes.get(what, what)) for call, what in calls] == [
        ("sync", "item_stats.parquet"),
        ("sync", "rfm_segments.parquet"),
        ("sync", "manifest.json"),
        ("sync", NEW),
        ("rename to", NEW),
        ("sync", "runs"),
        ("swap", "latest"),
        ("sync", tmp_path.name),
    ]


def test_a_failing_run_leaves_no_staging_folder_and_the_previous_run(tmp_path: Path) -> None:
    publish_run(tmp_path, OLD, "old")

    with pytest.raises(AuditError, match="read the manifest"), staging(tmp_path, NEW) as staged:
        publish(staged, tmp_path)

    assert leftovers(tmp_path) == []
    assert contents(tmp_path) == {"old"}


def test_staging_folders_of_dead_runs_are_swept(tmp_path: Path) -> None:
    dead = tmp_path / STAGING / f"{OLD}.12345"
    dead.mkdir(parents=True)
    (dead / "item_stats.parquet").write_text("half")

    publish_run(tmp_path, NEW, "new")

    assert leftovers(tmp_path) == []


def test_a_staged_file_that_changed_after_its_manifest_is_not_published(tmp_path: Path) -> None:
    with staging(tmp_path, NEW) as staged:
        stage(staged, NEW, "new")
        (staged / "item_stats.parquet").write_text("other")
        with pytest.raises(AuditError, match=r"item_stats\.parquet: 5 bytes"):
            publish(staged, tmp_path)

    assert run_ids(tmp_path) == []


def test_an_output_folder_that_cannot_be_made_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(StorageError) as caught:
        publish_run(tmp_path / "file" / "outputs", NEW, "new")

    assert str(caught.value) == (
        f"could not lock the output folder: File exists: {tmp_path}/file; "
        "something stands in the way: move it, or change output.path"
    )


def test_a_folder_in_the_place_of_latest_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "latest").mkdir()
    (tmp_path / "latest" / "mine.txt").write_text("mine")

    with pytest.raises(StorageError, match="something stands in the way"):
        publish_run(tmp_path, NEW, "new")

    assert (tmp_path / "latest" / "mine.txt").read_text() == "mine"


def test_a_run_is_found_by_its_id(tmp_path: Path) -> None:
    publish_run(tmp_path, OLD, "old")
    publish_run(tmp_path, NEW, "new")

    assert [OLD, NEW] == run_ids(tmp_path)
    assert tmp_path / "runs" / OLD == resolve(tmp_path, OLD)


@pytest.mark.parametrize("name", ["../runs", ".", "", "2011", f"../runs/{NEW}", "latest/"])
def test_an_unknown_run_is_refused_with_the_known_ones(tmp_path: Path, name: str) -> None:
    publish_run(tmp_path, NEW, "new")

    with pytest.raises(UsageError, match=f"the last ones are {NEW}"):
        resolve(tmp_path, name)


def test_before_the_first_run_a_reader_is_told_how_to_start_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="start a run with `basket run`"):
        resolve(tmp_path)
