"""A nightly basket run in Airflow 3: what each exit code means to the scheduler.

| exit code | what Airflow does |
|---|---|
| 0 | success |
| 99 | the task is skipped: the same input was published already |
| 2, 65 | the task fails at once: no retry mends a configuration or bad data |
| 75, and all others | the task fails and is tried again |

Set BASKET_PROGRAM and BASKET_CONFIG where Airflow runs, or edit the two defaults.
"""

import os
import subprocess
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import dag, get_current_context, task
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException

PROGRAM = os.environ.get("BASKET_PROGRAM", "/srv/shop/.venv/bin/basket")
CONFIG = os.environ.get("BASKET_CONFIG", "/srv/shop/basket.yaml")
NOTHING_NEW = 99
NO_USE_TO_RETRY = {2, 65}


def command(logical_date: datetime | None) -> list[str]:
    """Return the command of a run; one without a logical date stands for the newest input."""
    words = [PROGRAM, "run", CONFIG, "--skip-unchanged", "--json"]
    return words if logical_date is None else [*words, "--as-of", f"{logical_date:%Y-%m-%d}"]


@dag(
    dag_id="basket",
    schedule="15 3 * * *",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 3, "retry_delay": timedelta(minutes=10)},
)
def basket() -> None:
    """Compute and publish the tables of a shop."""

    @task
    def run() -> str:
        context: Any = get_current_context()
        done = subprocess.run(
            command(context.get("logical_date")), stdout=subprocess.PIPE, text=True, check=False
        )
        if done.returncode == NOTHING_NEW:
            raise AirflowSkipException("nothing new")
        if done.returncode in NO_USE_TO_RETRY:
            raise AirflowFailException(f"exit code {done.returncode}: see the log")
        if done.returncode:
            raise AirflowException(f"exit code {done.returncode}: to be tried again")
        return done.stdout

    run()


basket()
