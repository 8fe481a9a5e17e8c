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
        self.calls = self._watch()
        self.new = latest_whole(self.output)

    def _reset(self) -> None:
        shutil.rmtree(self.output, ignore_errors=True)
        if any(self._before.iterdir()):
            shutil.copytree(self._before, self.output, symlinks=True)

    def _watch(self) -> list[Call]:
        self._reset()
        ended = end(self._words, *watched(self._log))
        assert ended.returncode == 0, ended.stderr
        return changes(self._log, self.output)

    def problems(self, call: Call, fault: str) -> Iterator[str]:
        """Break one call of a run, then run again; yield what is not as promised."""
        self._reset()
        old = latest_run_id(self.output)
        ended = end(self._words, *breaking(call, fault, self.output, self._log))
        killed = fault.startswith("signal")
        if killed:
            yield from [] if ended.returncode == -9 else [f"it ended with {ended.returncode}"]
        elif "(INJECTED)" not in self._log.read_text(encoding="utf-8"):
            yield "the call did not fail"
        else:
            yield from self._told(ended.returncode, error_lines(ended.stderr))
        yield from self._seen(old)
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

    def _seen(self, old: str | None) -> Iterator[str]:
        """A reader sees the old run or the new one, or none before the first."""
        now = latest_run_id(self.output)
        if now not in {old, self.new}:
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


@pytest.mark.parametrize(
    ("fault", "chosen"),
    [
        ("signal=KILL", slice(0, None, 3)),
        ("signal=KILL", slice(1, None, 3)),
        ("signal=KILL", slice(2, None, 3)),
        ("error=ENOSPC", slice(0, None, 2)),
        ("error=EIO", slice(1, None, 2)),
    ],
)
def test_a_failing_call_leaves_the_old_run_or_the_new_one_and_a_rerun_succeeds(
    tmp_path: Path, fault: str, chosen: slice
) -> None:
    nightly = Nightly(tmp_path, over_an_old_run)

    assert len(nightly.calls) > 24
    assert [] == failures(nightly, nightly.calls[chosen], fault)


def test_a_kill_in_the_first_run_leaves_nothing_or_a_whole_run(tmp_path: Path) -> None:
    nightly = Nightly(tmp_path, lambda _config, _output: None)
    naming = [call for call in nightly.calls if call.name in {"mkdir", "rename", "symlink"}]

    assert len(naming) > 8
    assert [] == failures(nightly, naming, "signal=KILL")


@pytest.mark.parametrize("fault", ["signal=KILL", "error=EIO"])
def test_a_failing_call_leaves_a_run_that_is_replaced_or_not(tmp_path: Path, fault: str) -> None:
    nightly = Nightly(tmp_path, over_chosen_tables)
    calls = {call.name: call for call in nightly.calls if call.name in REPLACING}

    assert len(REPLACING) == len(calls)
    assert [] == failures(nightly, list(calls.values()), fault)


def test_every_change_is_durable_before_the_next_one_rests_on_it(tmp_path: Path) -> None:
    nightly = Nightly(tmp_path, over_an_old_run)
    staged = f".staging/{nightly.new}"
    tables = ("rfm_segments", "quarantine", "run_summary")
    order = [(call.name, call.path) for call in nightly.calls]

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
        ("utimensat", f"runs/{run_ids(nightly.output)[0]}"),
        ("symlink", ".staging/latest"),
        ("rename", ".staging/latest"),
        ("fsync", "."),
    ]
    assert order[-1][0] == "rmdir"  # the folder for what did not fit in memory
    assert {"openat", "ftruncate", "pwrite64", "mkdir", "write", "fsync"} == {
        name for name, _ in order[: last("fsync", f"{staged}/run_summary.parquet")]
    }
