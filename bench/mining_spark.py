"""Spark MLlib as a miner of `bench/mining_worker.py`: one executor thread in a Java machine.

What is timed is the fit and the count of what it found, of baskets that Spark holds in memory;
processor time and memory are those of the Java machine, whose start does not count.
"""

import os
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

MEMORY = "8g"


def spark_miner(baskets: tuple[Any, Any]) -> Callable[[Any, str, int, int], tuple[int, int]]:
    """Return a miner of these baskets."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    from pyspark.ml.fpm import FPGrowth
    from pyspark.sql import SparkSession, functions

    builder = SparkSession.builder.master("local[1]").config("spark.driver.memory", MEMORY)
    quiet = {"spark.ui.enabled": "false", "spark.sql.shuffle.partitions": "1"}
    for name, value in quiet.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    java = session.sparkContext._gateway.proc.pid  # noqa: SLF001 - no other way to its process
    items, count = baskets[0].tolist(), len(baskets[1]) - 1
    folder = tempfile.TemporaryDirectory()
    rows = [items[start:stop] for start, stop in pairwise(baskets[1].tolist())]
    pq.write_table(pa.table({"items": rows}), Path(folder.name) / "baskets.parquet")
    held = session.read.parquet(str(Path(folder.name) / "baskets.parquet")).cache()
    held.count()

    def mine(clock: Any, _algorithm: str, min_count: int, _threads: int) -> tuple[int, int]:  # noqa: ANN401
        before, resident = _seconds(java), _megabytes(java, "VmRSS")
        Path(f"/proc/{java}/clear_refs").write_text("5", encoding="ascii")
        started = time.perf_counter()
        miner = FPGrowth(minSupport=(min_count - 0.5) / count, minConfidence=1.0)
        found = miner.fit(held).freqItemsets
        [total] = found.agg(functions.count("freq"), functions.sum("freq")).collect()
        clock.wall = time.perf_counter() - started
        clock.processor = _seconds(java) - before
        clock.megabytes = _megabytes(java, "VmHWM") - resident
        return int(total[0]), int(total[1] or 0)

    mine.folder = folder  # type: ignore[attr-defined] # the files go with the miner
    return mine


def _seconds(process: int) -> float:
    """Return the processor time of another process."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _megabytes(process: int, name: str) -> float:
    status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    return int(status.split(f"{name}:")[1].split()[0]) / 1024
