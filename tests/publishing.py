"""As a program: publish one small run after another, until standard input is closed.

`python -m tests.publishing OUTPUT` prints the id of each. Every row of every table holds that id.
"""

import sys
from datetime import date, timedelta
from pathlib import Path
from threading import Thread

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.io.manifest import describe_table, write_manifest
from pipeline.io.publish import publish, staging, writing
from tests.staged import TABLES, manifest_of

ROWS = 2000


def publish_rows(output: Path, run_id: str) -> None:
    """Publish a run whose tables hold nothing but its id."""
    rows = pa.table({"run": [run_id] * ROWS})
    with writing(output), staging(output, run_id) as staged:
        entries = []
        for table in TABLES:
            path = staged / f"{table.name}.parquet"
            pq.write_table(rows, path)
            entries.append(describe_table(table, path, ROWS))
        write_manifest(manifest_of(run_id, tuple(entries)), staged)
        publish(staged, output)


def _main(output: Path) -> None:
    waiting = Thread(target=sys.stdin.read, daemon=True)
    waiting.start()
    day = date(2000, 1, 1)
    while waiting.is_alive():
        run_id = f"{day}T000000Z-0aaaaaaa"
        publish_rows(output, run_id)
        print(run_id, flush=True)  # noqa: T201
        day += timedelta(days=1)


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
