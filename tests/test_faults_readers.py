"""Readers of every kind, while one run after another is published: none misses, none mixes."""

import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from pipeline.io.runs import run_ids
from tests.conftest import PROJECT
from tests.staged import TABLES

pytestmark = pytest.mark.faults

READS = 1000
FILES = tuple(f"{table.name}.parquet" for table in TABLES)


@contextmanager
def publications(output: Path) -> Iterator[None]:
    """Inside, another process publishes one run after another; the first is there at once."""
    command = [sys.executable, "-m", "tests.publishing", str(output)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=PROJECT, **pipes) as process:  # type: ignore[call-overload]
        assert process.stdout.readline()
        yield
        process.communicate()
    assert process.returncode == 0


def by_duckdb(folder: Path) -> set[str]:
    return _distinct(str(folder / FILES[0])) | _distinct(str(folder / FILES[1]))


def by_duckdb_recursively(folder: Path) -> set[str]:
    return _distinct(f"{folder}/**/*.parquet")


def _distinct(files: str) -> set[str]:
    sql = "select distinct run from read_parquet($files)"
    return {run for (run,) in duckdb.execute(sql, {"files": files}).fetchall()}


def by_pyarrow(folder: Path) -> set[str]:
    return {
        run for name in FILES for run in pq.read_table(folder / name)["run"].unique().to_pylist()
    }


def by_pyarrow_recursively(folder: Path) -> set[str]:
    files = ds.dataset(sorted(map(str, folder.rglob("*.parquet"))))
    return set(pc.unique(files.to_table()["run"]).to_pylist()) if len(files.files) == 2 else set()


def by_pandas(folder: Path) -> set[str]:
    return {run for name in FILES for run in pd.read_parquet(folder / name)["run"].unique()}


def by_pandas_recursively(folder: Path) -> set[str]:
    found = [pd.read_parquet(path) for path in sorted(folder.glob("**/*.parquet"))]
    return set(pd.concat(found)["run"]) if len(found) == len(FILES) else set()


READERS: tuple[Callable[[Path], set[str]], ...] = (
    *(by_duckdb, by_duckdb_recursively),
    *(by_pyarrow, by_pyarrow_recursively, by_pandas, by_pandas_recursively),
)


def test_1000_reads_during_publications_neither_miss_nor_mix(tmp_path: Path) -> None:
    came: Counter[str] = Counter()
    seen: set[str] = set()
    with publications(tmp_path):
        number = 0
        while number < READS or len(seen) < 100:
            folder = (tmp_path / "latest").resolve()  # once; then everything from this folder
            found = READERS[number % len(READERS)](folder)
            came["whole" if found == {folder.name} else f"{folder.name}: {found}"] += 1
            seen.add(folder.name)
            number += 1

    assert {"whole": number} == came
    assert len(run_ids(tmp_path)) > 100


def test_a_glob_over_all_runs_finds_whole_files_of_published_runs_only(tmp_path: Path) -> None:
    sql = "select distinct filename, run from read_parquet($files, filename = true)"
    runs: set[str] = set()
    with publications(tmp_path):
        while len(runs) <= 30:
            files = f"{tmp_path}/runs/**/{FILES[0]}"
            rows = duckdb.execute(sql, {"files": files}).fetchall()
            assert [] == [name for name, run in rows if Path(name).parent.name != run]
            runs |= {run for _, run in rows}

    assert runs <= set(run_ids(tmp_path))
