"""Every system call by which a run changes its output is made to fail, or is the last one."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline.io.history import published_runs
from pipeline.io.runs import latest_run_id, run_ids
from tests.programs import (
    NEW_DAY,
    OLD_DAY,
    end,
    error_lines,
    latest_whole,
    leftovers,
    new_shop,
    run_here,
    run_words,
)
from tests.strace import Call, breaking, changes, watched

pytestmark = pytest.mark.faults

FAULTS = ("signal=KILL", "error=ENOSPC", "error=EIO")
PARTS = 4  # so that two cores share them
FOLDERS = (".", "runs", ".staging", ".spill")  # made by the first run
REPLACING = ("renameat2", "unlinkat", "rmdir")


class Nightly:
    """A shop whose output folder can be put back to what it was before a run.

    Args:
        folder: New folder for it.
        prepare: Fills the output folder.
    """

    def __init__(self, folder: Path, prepare: Callable[[Path, Path], object]) -> None:
        self.config = new_shop(folder / "shop")
        self.output, self._before = folder / "outputs", folder / "before"
        self._log = folder / "strace.log"
        self._before.mkdir()
        prepare(self.config, self.output)
        if self.output.exists():
            self._before.rmdir()
            self.output.rename(self._before)
        self._words = run_words(self.config, self.output, NEW_DAY)
        self._reset()
        self.old = latest_run_id(self.output)
        self.calls = self._watch()
        self.new = latest_whole(self.output)

    def _reset(self) -> None:
        shutil.rmtree(self.output, ignore_errors=True)
        if any(self._before.iterdir()):
            shutil.copytree(self._before, self.output, symlinks=True)

    def _watch(self) -> list[Call]:
        ended = end(self._words, *watched(self._log))
        assert ended.returncode == 0, ended.stderr
        return changes(self._log, self.output)

    def problems(self, call: Call, fault: str) -> Iterator[str]:
        """Break one call of a run, then run again; yield what is not as promised."""
        self._reset()
        ended = end(self._words, *breaking(call, fault, self.output, self._log))
        killed = fault.startswith("signal")
        if killed:
            yield from [] if ended.returncode == -9 else [f"it ended with {ended.returncode}"]
        elif "(INJECTED)" not in self._log.read_text(encoding="utf-8"):
            yield "the call did not fail"
        else:
            yield from self._told(ended.returncode, error_lines(ended.stderr))
        yield from self._seen()
        run_here(self.config, self.output, NEW_DAY)
        if self.new != latest_whole(self.output):
            yield "running again did not publish the run"
        yield from (f"running again left {name}" for name in leftovers(self.output))

    def _told(self, code: int, lines: list[str]) -> Iterator[str]:
        if code == 0:
            yield from [] if latest_run_id(self.output) == self.new else ["0, but not published"]
        elif code != 74 or len(lines) != 1 or not lines[0].startswith("basket: error: could not "):
            yield f"it ended with {code} and {lines}"
        elif not ("; " in lines[0] and str(self.output) in lines[0]):
            yield f"it did not say where, or what to do: {lines[0]}"

    def _seen(self) -> Iterator[str]:
        """A reader sees the old run or the new one, or none before the first."""
        now = latest_run_id(self.output)
        if now not in {self.old, self.new}:
            yield f"latest names {now}"
        elif now is not None:
            latest_whole(self.output)
        states = {run.run_id: run.state for run in published_runs(self.output)}
        yield from (f"{name} is damaged" for name, state in states.items() if state == "damaged")


def over_an_old_run(config: Path, output: Path) -> None:
    run_here(config, output, OLD_DAY)


def over_chosen_tables(config: Path, output: Path) -> None:
    """The run itself stands there already, but not as one that `latest` may name."""
    run_here(config, output, OLD_DAY)
    only = ["--only", "rfm_segments"]
    assert end([*run_words(config, output, NEW_DAY), *only]).returncode == 0
    assert len(run_ids(output)) == 2


def failures(nightly: Nightly, calls: list[Call], fault: str) -> list[str]:
    return [
        f"{call.name} {call.path} ({call.nth}), {fault}: {problem}"
        for call in calls
        for problem in nightly.problems(call, fault)
    ]


@pytest.fixture(scope="module")
def later(tmp_path_factory: pytest.TempPathFactory) -> Nightly:
    """A night after another one."""
    return Nightly(tmp_path_factory.mktemp("later"), over_an_old_run)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Nightly:
    """The first night of all, without an output folder."""
    return Nightly(tmp_path_factory.mktemp("first"), lambda _config, _output: None)


@pytest.fixture(scope="module")
def replacing(tmp_path_factory: pytest.TempPathFactory) -> Nightly:
    """A night whose run takes the place of one of chosen tables."""
    return Nightly(tmp_path_factory.mktemp("replacing"), over_chosen_tables)


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("fault", FAULTS)
def test_a_failing_call_leaves_the_old_run_or_the_new_one_and_a_rerun_succeeds(
    later: Nightly, fault: str, part: int
) -> None:
    assert len(later.calls) > 24
    assert [] == failures(later, later.calls[part::PARTS], fault)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_failing_call_of_the_first_run_leaves_nothing_or_a_whole_run(
    first: Nightly, fault: str
) -> None:
    making = [call for call in first.calls if call.path in FOLDERS]

    assert len(making) > 8
    assert [] == failures(first, making, fault)


def test_a_kill_where_the_first_run_gets_its_name_leaves_nothing_or_a_whole_run(
    first: Nightly,
) -> None:
    naming = [
        call
        for call in first.calls
        if call.name in {"mkdir", "rename", "symlink"} and call.path not in FOLDERS
    ]

    assert len(naming) > 4
    assert [] == failures(first, naming, "signal=KILL")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_failing_call_leaves_a_run_that_is_replaced_or_not(
    replacing: Nightly, fault: str
) -> None:
    calls = [
        call
        for call in replacing.calls
        if call.name in REPLACING and call.path.startswith(".staging/")
    ]

    assert {*REPLACING} == {call.name for call in calls}
    assert [] == failures(replacing, calls, fault)


def test_every_change_is_durable_before_the_next_one_rests_on_it(later: Nightly) -> None:
    staged = f".staging/{later.new}"
    tables = ("rfm_segments", "quarantine", "run_summary")
    order = [(call.name, call.path) for call in later.calls]

    def last(name: str, path: str) -> int:
        return len(order) - 1 - order[::-1].index((name, path))

    for table in tables:
        file = f"{staged}/{table}.parquet"
        assert last("write", file) < last("fsync", file)
        assert last("fsync", file) < order.index(("openat", f"{staged}/manifest.json"))
    assert order[order.index(("openat", f"{staged}/manifest.json")) + 1 :][:-1] == [
        ("write", f"{staged}/manifest.json"),
        ("fsync", f"{staged}/manifest.json"),
        ("fsync", staged),
        ("rename", staged),
        ("fsync", "runs"),
        ("utimensat", f"runs/{later.old}"),
        ("symlink", ".staging/latest"),
        ("rename", ".staging/latest"),
        ("fsync", "."),
    ]
    assert order[-1][0] == "rmdir"  # the folder for what did not fit in memory
    assert {"openat", "ftruncate", "pwrite64", "mkdir", "write", "fsync"} == {
        name for name, _ in order[: last("fsync", f"{staged}/run_summary.parquet")]
    }
