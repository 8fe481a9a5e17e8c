"""Sixty nights with kills: in the end everything is as if nothing had happened."""

import random
import subprocess
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from write_docs import checksums

from pipeline.io.history import published_runs, verified
from pipeline.io.retention import prune
from pipeline.io.runs import latest_run_id, resolve
from tests.programs import (
    CANONICAL,
    end,
    latest_whole,
    leftovers,
    plain_config,
    start,
)

pytestmark = pytest.mark.faults

NIGHTS, KEPT = 60, 5
FIRST_DAY = date(2026, 1, 1)


def write_day(folder: Path, day: date, chance: random.Random) -> None:
    """Write the orders of a day, as a shop's export does: one file more each night."""
    lines = [",".join(CANONICAL)]
    for order in range(chance.randrange(5, 30)):
        customer, hour = f"c{chance.randrange(40)}", chance.randrange(24)
        lines += [
            f"{day:%m%d}-{order},{customer},{item},{day} {hour:02d}:00:00,1,2.50"
            for item in chance.sample("ABCDEFGH", chance.randrange(1, 5))
        ]
    (folder / f"orders_{day}.csv").write_text("\n".join([*lines, ""]), encoding="utf-8")


def run_night(config: Path, as_of: date, patience: float | None) -> int:
    """Run the program; kill it after so many seconds."""
    running = start(["run", str(config), "--as-of", str(as_of)])
    try:
        running.communicate(timeout=patience)
    except subprocess.TimeoutExpired:
        running.kill()
        running.communicate()
    return running.returncode


def size_of(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file())


def test_after_60_nights_with_random_kills_the_tables_are_those_of_one_clean_run(
    tmp_path: Path,
) -> None:
    chance = random.Random(60)  # noqa: S311 - no secret
    config, output = plain_config(tmp_path, "orders_*.csv"), tmp_path / "outputs"
    killed, latest, sizes = 0, None, []
    for night in range(1, NIGHTS + 1):
        write_day(tmp_path, FIRST_DAY + timedelta(days=night - 1), chance)
        as_of = FIRST_DAY + timedelta(days=night)
        patience = chance.uniform(0.2, 3) if chance.random() < 0.4 else None
        if run_night(config, as_of, patience):
            killed += 1
            assert latest_run_id(output) in {latest, None} or latest_whole(output)
            if chance.random() < 0.5:
                continue  # the scheduler does not try again: the next night makes up for it
            assert run_night(config, as_of, None) == 0
        assert [] == leftovers(output)
        prune(output, KEPT, datetime.now(UTC))
        latest = latest_whole(output)
        sizes.append(size_of(output))

    assert run_night(config, FIRST_DAY + timedelta(days=NIGHTS), None) == 0
    assert killed > 5
    assert {"complete"} == {run.state for run in published_runs(output)}
    assert len(published_runs(output)) <= KEPT + 1
    assert max(sizes) < (KEPT + 1) * size_of(resolve(output)) * 1.5
    clean = tmp_path / "clean"
    last_night = str(FIRST_DAY + timedelta(days=NIGHTS))
    as_one = end(["run", str(config), "--as-of", last_night, "--set", f'output.path="{clean}"'])
    assert as_one.returncode == 0
    assert checksums(clean) == checksums(output)
    assert verified(resolve(clean)).tables == verified(resolve(output)).tables
