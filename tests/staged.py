"""Small runs for the tests of publication; as a program it kills what writes them.

`python -m tests.staged BEFORE FOLDER ACTION ...` copies the output folder BEFORE to FOLDER/0,
FOLDER/1 and so on. In each copy a process publishes a run (`publish RUN_ID`), goes back to one
(`rollback RUN_ID`) or prunes all but the newest (`prune`), and kills itself just before its 0th,
1st ... system call that changes names or makes something durable, until one comes to its end.
"""

import itertools
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from pipeline import names
from pipeline.accounting import Account
from pipeline.engine import Step
from pipeline.io.durable import storage_errors, write_file
from pipeline.io.manifest import InputEntry, Manifest, describe_table, write_manifest
from pipeline.io.publish import Publication, publish, staging, writing
from pipeline.io.retention import prune, rollback
from tests.conftest import PROJECT

TABLES = (names.ITEM_STATS, names.RFM_SEGMENTS)
STEPS = ("fsync", "mkdir", "rename", "replace", "rmdir", "symlink", "unlink")


def manifest_of(run_id: str, tables: tuple[Any, ...] = ()) -> Manifest:
    """Return a manifest that stands for the day in the id."""
    return Manifest(
        run_id=run_id,
        as_of=f"{run_id[:10]}T00:00:00Z",
        started_at="2026-01-31T03:00:00Z",
        pipeline_version="0.1.0",
        library_versions={"duckdb": "2.0.0"},
        configuration={"mining": {"min_support": 0.01}},
        configuration_fingerprint="c0",
        inputs=(InputEntry("orders", "orders.csv", 3, 42, "ab12"),),
        input_fingerprint="f0",
        accounting=(Account("orders", 3, 2, 1, filtered={}),),
        tables=tables,
        not_possible={"also_viewed": "there is no browse log"},
        steps=(Step("rfm_totals", "select $n as n", {"n": 1}, 1, 1),),
    )


def stage(folder: Path, run_id: str, content: str, **changed: Any) -> None:
    """Write a run whose files all hold `content`; publication does not look inside tables."""
    entries = []
    for table in TABLES:
        path = folder / f"{table.name}.parquet"
        with storage_errors(path, "write the table"):
            write_file(path, f"{content} {table.name}".encode())
        entries.append(describe_table(table, path, 1))
    write_manifest(replace(manifest_of(run_id, tuple(entries)), **changed), folder)


def publish_run(output: Path, run_id: str, content: str, **changed: Any) -> Publication:
    with writing(output), staging(output, run_id) as staged:
        stage(staged, run_id, content, **changed)
        return publish(staged, output)


def before_step(action: Callable[[int], None], patch: Callable[[str, Any], None]) -> None:
    """Have `action` called with 0, 1, 2 ... before each of the steps; `patch` changes `os`."""
    numbers = itertools.count()

    def watched(step: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            action(next(numbers))
            return step(*args, **options)

        return call

    for name in STEPS:
        patch(name, watched(getattr(os, name)))


def kill_at_every_step(before: Path, folder: Path, *action: str) -> list[Path]:
    """Return outputs in which an action was killed before step 0, 1, 2 ...; the last one ended."""
    command = [sys.executable, "-m", "tests.staged", str(before), str(folder), *action]
    ended = subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, text=True)
    *killed, last = [int(line) for line in ended.stdout.split()]
    assert last == 0
    return [folder / str(step) for step in range(len(killed) + 1)]


def _act_until(step: int, act: Callable[[], object]) -> int:
    """Act in a process that kills itself before a step; return how it ended."""
    if child := os.fork():
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    def die(number: int) -> None:
        if number == step:
            os.kill(os.getpid(), signal.SIGKILL)

    before_step(die, partial(setattr, os))
    act()
    os._exit(0)


def _main(before: str, folder: str, action: str, run_id: str = "") -> None:
    actions: dict[str, Callable[[Path], object]] = {
        "publish": lambda output: publish_run(output, run_id, "new"),
        "rollback": lambda output: rollback(output, run_id),
        "prune": lambda output: prune(output, 1, datetime(2026, 6, 1, tzinfo=UTC)),
    }
    for step in itertools.count():
        output = shutil.copytree(before, Path(folder) / str(step), symlinks=True)
        status = _act_until(step, partial(actions[action], output))
        print(status)  # noqa: T201
        if status != -signal.SIGKILL:
            break


if __name__ == "__main__":
    _main(*sys.argv[1:])
