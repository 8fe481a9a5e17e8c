"""Signals, rivals and broken streams: every end of the program is one of the documented ones."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.io.lock import lock
from pipeline.io.runs import latest_run_id, run_ids
from pipeline.mining.threads import core_count
from tests.conftest import PROJECT
from tests.programs import (
    NEW_DAY,
    OLD_DAY,
    dense_shop,
    end,
    error_lines,
    latest_whole,
    leftovers,
    new_shop,
    run_here,
    run_words,
    start,
    wide_shop,
)

pytestmark = pytest.mark.faults

SIGNALS = (signal.SIGINT, signal.SIGTERM)
HELP_SECONDS = 0.3
"""What the quickest command takes on a machine that has nothing else to do."""


def soon() -> float:
    """Two seconds on a machine that has nothing else to do; a busy one shares its time."""
    started = time.monotonic()
    assert end(["--help"]).returncode == 0
    slowness = (time.monotonic() - started) / HELP_SECONDS
    return 2.0 * max(1.0, slowness, os.getloadavg()[0] / core_count())


def stages_of(config: Path, output: Path) -> list[str]:
    """Names of the stages of a run, in order."""
    ended = end(["run", str(config), "--set", f'output.path="{output}"'])
    assert ended.returncode == 0, ended.stderr
    return [json.loads(line)["stage"] for line in ended.stderr.splitlines()]


def wait_for(running: "subprocess.Popen[str]", stage: str | None) -> None:
    """Return when a stage is done; None is before the first."""
    assert running.stderr
    while stage is not None and f'"{stage}"' not in running.stderr.readline():
        assert running.poll() is None


def interrupt(running: "subprocess.Popen[str]", number: signal.Signals) -> Iterator[str]:
    """Send a signal and yield what is not as promised about the end."""
    started = time.monotonic()
    running.send_signal(number)
    out, err = running.communicate(timeout=60)
    seconds = time.monotonic() - started
    if seconds > soon():
        yield f"it took {seconds:.1f} s"
    if running.returncode != 128 + number or out:
        yield f"it ended with {running.returncode} and printed {out!r}"
    if error_lines(err) != [f"basket: interrupted by {number.name}"]:
        yield f"it said {error_lines(err)}"


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_in_any_stage_ends_the_run_soon_and_leaves_nothing(
    tmp_path: Path, number: signal.Signals
) -> None:
    config, output = new_shop(tmp_path / "shop"), tmp_path / "outputs"
    stages = stages_of(config, tmp_path / "first")
    old = run_here(config, output, OLD_DAY)
    problems = []
    turns = stages[SIGNALS.index(number) : -1 : len(SIGNALS)]  # the other signal has the rest
    for stage in turns:
        running = start(["run", str(config), "--set", f'output.path="{output}"'])
        wait_for(running, stage)
        found = [*interrupt(running, number), *leftovers(output)]
        problems += [f"after {stage}: {problem}" for problem in found]
        assert latest_whole(output) == old or stage == stages[-2]  # the last one publishes

    assert [] == problems
    assert len(turns) > 5


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("counting", ["sql", "kernel"])
def test_a_signal_in_a_long_count_ends_the_run_soon_and_leaves_nothing(
    tmp_path: Path, number: signal.Signals, counting: str
) -> None:
    config, last = wide_shop(tmp_path / "shop"), "clean events"
    running = start(["run", str(config), "--set", f"engine.pair_counts={counting}"])
    wait_for(running, last)
    time.sleep(0.7)

    assert [] == list(interrupt(running, number))
    assert [] == leftovers(tmp_path / "shop" / "outputs")


@pytest.mark.parametrize("threads", [1, 2])
def test_a_signal_in_a_long_kernel_ends_the_run_soon_and_leaves_nothing(
    tmp_path: Path, threads: int
) -> None:
    config = dense_shop(tmp_path / "shop")
    running = start(["run", str(config), "--set", f"engine.threads={threads}"])
    wait_for(running, "clean events")
    time.sleep(1.5)

    assert [] == list(interrupt(running, signal.SIGTERM))
    assert [] == leftovers(tmp_path / "shop" / "outputs")
    with lock(tmp_path / "shop" / "outputs"):
        pass


def test_of_two_runs_at_once_one_publishes_and_the_other_ends_with_75(tmp_path: Path) -> None:
    config, output = new_shop(tmp_path / "shop"), tmp_path / "outputs"
    words = ["run", str(config), "--set", f'output.path="{output}"']
    both = [start(words), start(words)]

    told = {one.pid: one.communicate(timeout=120)[1] for one in both}
    codes = sorted(one.returncode for one in both)

    assert [0, 75] == codes
    (refused,) = [one for one in both if one.returncode == 75]
    (line,) = error_lines(told[refused.pid])
    assert "another run (process" in line
    assert len(run_ids(output)) == 1
    assert latest_whole(output) == latest_run_id(output)


def test_a_run_that_finds_another_one_ends_before_it_reads_anything(tmp_path: Path) -> None:
    config, output = new_shop(tmp_path / "shop"), tmp_path / "outputs"
    with lock(output):
        started = time.monotonic()
        ended = end(run_words(config, output, NEW_DAY))
        seconds = time.monotonic() - started

    assert (ended.returncode, ended.stdout) == (75, "")
    assert seconds < soon()  # it did not wait for the other one
    assert len(ended.stderr.splitlines()) == 1


def test_the_lock_of_a_killed_run_is_in_nobodys_way(tmp_path: Path) -> None:
    config, output = new_shop(tmp_path / "shop"), tmp_path / "outputs"
    running = start(run_words(config, output, NEW_DAY))
    wait_for(running, "read orders")
    running.kill()
    running.communicate()

    assert (output / ".lock").read_text() == f"{running.pid}\n"
    assert leftovers(output)
    assert end(run_words(config, output, NEW_DAY)).returncode == 0
    assert [] == leftovers(output)


@pytest.mark.parametrize("json", [(), ("--json",)])
def test_a_run_whose_summary_nobody_reads_is_published_and_a_success(
    tmp_path: Path, json: tuple[str, ...]
) -> None:
    config, output = new_shop(tmp_path / "shop"), tmp_path / "outputs"
    reading, writing = os.pipe()
    os.close(reading)
    running = start([*run_words(config, output, NEW_DAY), *json], stdout=writing)
    os.close(writing)
    _, err = running.communicate(timeout=60)

    assert (running.returncode, error_lines(err)) == (0, [])
    assert latest_whole(output)


def test_a_run_whose_summary_cannot_be_written_is_published_and_ends_with_74(
    tmp_path: Path,
) -> None:
    config, output = new_shop(tmp_path / "shop"), tmp_path / "outputs"
    with Path("/dev/full").open("w") as full:
        running = start(run_words(config, output, NEW_DAY), stdout=full)
        _, err = running.communicate(timeout=60)

    assert running.returncode == 74
    (line,) = error_lines(err)
    assert line.startswith("basket: error: could not print: No space left on device;")
    assert latest_whole(output)


@pytest.mark.parametrize("kind", ["a closed pipe", "/dev/full", "nothing"])
def test_a_run_whose_progress_cannot_be_written_goes_on(tmp_path: Path, kind: str) -> None:
    config, output = new_shop(tmp_path / "shop"), tmp_path / "outputs"
    shell = {
        "a closed pipe": '"$@" 2> >(exec true)',
        "/dev/full": '"$@" 2>/dev/full',
        "nothing": '"$@" 2>&-',
    }
    words = [sys.executable, "-m", "pipeline", *run_words(config, output, NEW_DAY)]
    ended = subprocess.run(
        ["bash", "-c", shell[kind], "bash", *words],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 0
    assert latest_whole(output)
    assert "rfm_segments" in ended.stdout
