"""An Airflow home of its own, made before anything imports Airflow."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

HOME = tempfile.mkdtemp(prefix="basket-airflow-")
DAGS = Path(HOME, "dags")
DAGS.mkdir()  # Airflow imports all that lies in it, so not the folder of the tests
(DAGS / "basket_dag.py").symlink_to(Path(__file__).with_name("basket_dag.py"))
os.environ |= {
    "AIRFLOW_HOME": HOME,
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
    "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
    "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
}
subprocess.run(
    [Path(sys.executable).with_name("airflow"), "db", "migrate"],
    check=True,
    stdout=subprocess.DEVNULL,
    stderr=subprocess.DEVNULL,
)
