"""The DAG, run by a real Airflow against a real basket: `make test-airflow`."""

import fcntl
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

DAG_FILE = Path(__file__).with_name("basket_dag.py")
PROGRAM = os.environ["BASKET_PROGRAM"]
MARCH = [datetime(2026, 3, day, tzinfo=UTC) for day in (1, 2, 3)]


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A starter project that the DAG runs."""
    folder = tmp_path / "shop"
    subprocess.run([PROGRAM, "init", folder], check=True, stdout=subprocess.DEVNULL)
    monkeypatch.setenv("BASKET_CONFIG", str(folder / "basket.yaml"))
    return folder


def load_dag():
    """Import the DAG anew, with the environment of the test and a short wait between tries."""
    spec = importlib.util.spec_from_file_location("basket_dag", DAG_FILE)
    module = importlib.util.module_from_spec(spec)
    sys.modules["basket_dag"] = module
    spec.loader.exec_module(module)
    dag = module.basket()
    dag.get_task("run").retry_delay = timedelta(seconds=5)
    return dag


def outcome(logical_date: datetime | None = None) -> tuple[str, int]:
    """Run the DAG once, as `airflow dags test` does; return the task's state and its tries."""
    done = load_dag().test(logical_date=logical_date)
    (task,) = done.get_task_instances()
    return str(task.state), task.try_number


def published(shop: Path) -> dict[str, str]:
    """Return the checksum of each table of each run."""
    manifests = sorted((shop / "outputs" / "runs").glob("*/manifest.json"))
    return {
        f"{path.parent.name}/{table['table']}": table["sha256"]
        for path in manifests
        for table in json.loads(path.read_text())["tables"]
    }


def test_a_run_without_a_logical_date_succeeds_and_the_next_is_skipped(shop: Path) -> None:
    assert outcome() == ("success", 1)
    assert len(list((shop / "outputs" / "runs").iterdir())) == 1
    assert outcome() == ("skipped", 1)


def test_a_backfill_of_three_dates_gives_the_same_tables_the_second_time(shop: Path) -> None:
    assert [outcome(date) for date in MARCH] == [("success", 1)] * 3
    first = published(shop)
    assert len({key.split("/")[0] for key in first}) == 3
    shutil.rmtree(shop / "outputs")
    assert [outcome(date) for date in MARCH] == [("success", 1)] * 3
    assert first == published(shop)


def test_bad_data_fails_without_a_retry(shop: Path) -> None:
    with (shop / "data" / "orders.csv").open("a") as orders:
        orders.write("not,a,line\n" * 500)
    assert outcome() == ("failed", 1)


def test_a_wrong_configuration_fails_without_a_retry(shop: Path) -> None:
    (shop / "basket.yaml").write_text("ordres: {}\n")
    assert outcome() == ("failed", 1)


def test_a_run_that_meets_another_one_at_the_lock_is_tried_again(shop: Path) -> None:
    lock = shop / "outputs" / ".lock"
    lock.parent.mkdir()
    lock.touch()
    with lock.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        threading.Timer(6, fcntl.flock, (held, fcntl.LOCK_UN)).start()
        state, tries = outcome()
    assert (state, tries > 1) == ("success", True)
