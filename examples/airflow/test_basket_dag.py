"""The DAG, run by a real Airflow against a real basket: `make test-airflow`."""

import fcntl
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

import pytest

DAG_FILE = Path(__file__).with_name("basket_dag.py")
PROGRAM = os.environ["BASKET_PROGRAM"]
MARCH = [datetime(2026, 3, day, tzinfo=UTC) for day in (1, 2, 3)]


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A starter project, and a program that keeps the exit code of every try in `tries`."""
    folder = tmp_path / "shop"
    subprocess.run([PROGRAM, "init", folder], check=True, stdout=subprocess.DEVNULL)
    program = folder / "basket"
    program.write_text(
        f'#!/bin/sh\n{PROGRAM} "$@"\ncode=$?\necho $code >>{folder}/tries\nexit $code\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("BASKET_PROGRAM", str(program))
    monkeypatch.setenv("BASKET_CONFIG", str(folder / "basket.yaml"))
    return folder


def load_dag():
    """Import the DAG anew, with the environment of the test and a short wait between tries."""
    spec = importlib.util.spec_from_file_location("basket_dag", DAG_FILE)
    module = importlib.util.module_from_spec(spec)
    sys.modules["basket_dag"] = module
    spec.loader.exec_module(module)
    dag = module.basket()
    dag.get_task("run").retry_delay = timedelta(seconds=1)
    return dag


def state_after(logical_date: datetime | None = None) -> str:
    """Run the DAG once, as `airflow dags test` does; return the state of its task in the end."""
    (task,) = load_dag().test(logical_date=logical_date).get_task_instances()
    return str(task.state)


def tries(shop: Path) -> list[int]:
    """Return the exit code of every try."""
    path = shop / "tries"
    return [int(line) for line in path.read_text().split()] if path.exists() else []


def published(shop: Path) -> dict[str, str]:
    """Return the checksum of each table of each run."""
    manifests = sorted((shop / "outputs" / "runs").glob("*/manifest.json"))
    return {
        f"{path.parent.name}/{table['table']}": table["sha256"]
        for path in manifests
        for table in json.loads(path.read_text())["tables"]
    }


def test_a_run_without_a_logical_date_succeeds_and_the_next_is_skipped(shop: Path) -> None:
    assert [state_after(), state_after()] == ["success", "skipped"]
    assert tries(shop) == [0, 99]


def test_a_backfill_of_three_dates_gives_the_same_tables_the_second_time(shop: Path) -> None:
    assert [state_after(date) for date in MARCH] == ["success"] * 3
    first = published(shop)
    assert len({key.split("/")[0] for key in first}) == 3
    shutil.rmtree(shop / "outputs")
    assert [state_after(date) for date in MARCH] == ["success"] * 3
    assert published(shop) == first


def test_bad_data_fails_without_a_retry(shop: Path) -> None:
    with (shop / "data" / "orders.csv").open("a") as orders:
        orders.write("not,a,line\n" * 500)
    assert (state_after(), tries(shop)) == ("failed", [65])


def test_a_wrong_configuration_fails_without_a_retry(shop: Path) -> None:
    (shop / "basket.yaml").write_text("ordres: {}\n")
    assert (state_after(), tries(shop)) == ("failed", [2])


def test_a_run_that_meets_another_one_at_the_lock_is_tried_again(shop: Path) -> None:
    lock = shop / "outputs" / ".lock"
    lock.parent.mkdir()
    lock.touch()
    with lock.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        threading.Thread(target=let_go_after_a_try, args=(held, shop)).start()
        state = state_after()
    assert (state, tries(shop)[0], tries(shop)[-1]) == ("success", 75, 0)


def let_go_after_a_try(held: IO[str], shop: Path) -> None:
    """Release a lock once somebody has met it."""
    while not tries(shop):
        time.sleep(0.1)
    fcntl.flock(held, fcntl.LOCK_UN)
