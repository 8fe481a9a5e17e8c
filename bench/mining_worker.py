"""Hold one data set in the form that one miner likes best and mine it as often as is asked.

    python bench/mining_worker.py LIBRARY BASKETS.npz

Started by `bench/mining.py`, with the Python that has the library. Reads a line `ALGORITHM
MIN_COUNT THREADS` for each run and answers with a line of JSON: what it found and took. Only
mining is timed, to the form that the miner gives its results in: ours, CSR arrays to a trie;
rusket, CSR arrays to flat arrays; pyfim, lists of lists to the number of itemsets of each size and
support (no itemset is spelled out), less the time that it takes to read the lists; the others as
documented.
"""

import ctypes
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from mining_spark import spark_miner
from mining_spmf import spmf_miner

Arrays = tuple[Any, Any]
"""Items of all baskets, and where each basket starts."""

Found = tuple[int, int]
"""Number of itemsets, and the sum of their counts."""


class Clock:
    """Times what happens inside `running`, and watches the memory that it takes."""

    def __init__(self) -> None:
        self.processor = self.wall = self.megabytes = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Time what is inside; memory that was given back before does not count."""
        ctypes.CDLL(None).malloc_trim(0)
        before = _megabytes("VmRSS")
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        processor, wall = time.process_time(), time.perf_counter()
        yield
        self.wall = time.perf_counter() - wall
        self.processor = time.process_time() - processor
        self.megabytes = _megabytes("VmHWM") - before


def _megabytes(name: str) -> float:
    """Return a line of the process's status in megabytes."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split(f"{name}:")[1].split()[0]) / 1024


Miner = Callable[[Clock, str, int, int], Found]
"""Mines with a clock, an algorithm, a smallest number of baskets and a number of threads."""


def _ours(baskets: Arrays) -> Miner:
    from pipeline.mining.baskets import Baskets
    from pipeline.mining.kernel_miner import Limits, arrange, mine_nodes

    def mine(clock: Clock, algorithm: Any, min_count: int, threads: int) -> Found:  # noqa: ANN401 - a name
        with clock.running():
            rows, _ = arrange(Baskets(*baskets), min_count)
            parts = mine_nodes(rows, Limits(min_count, 10**6), algorithm, threads)
        return sum(len(part[2]) for part in parts), sum(int(part[2].sum()) for part in parts)

    for algorithm in ("fpgrowth", "apriori"):  # loads the kernels
        mine(Clock(), algorithm, len(baskets[1]), 1)
    return mine


def _pyfim(baskets: Arrays) -> Miner:
    import fim

    rows = _lists(baskets)

    def search(algorithm: str, min_count: int) -> tuple[Clock, Any]:
        clock = Clock()
        with clock.running():
            found = getattr(fim, algorithm)(rows, target="s", supp=-min_count, zmin=1, report="#")
        return clock, found

    def mine(clock: Clock, algorithm: str, min_count: int, _threads: int) -> Found:
        # Just before, so that both are slowed down alike: a support that nothing reaches.
        reading, _ = search("eclat", len(rows) + 1)
        taken, found = search(algorithm, min_count)
        clock.processor = max(0.0, taken.processor - reading.processor)
        clock.wall = max(0.0, taken.wall - reading.wall)
        clock.megabytes = taken.megabytes
        spectrum = dict(found)  # an empty list where there is nothing
        return (
            int(sum(spectrum.values())),
            int(sum(count * number for (_, count), number in spectrum.items())),
        )

    return mine


def _rusket(baskets: Arrays) -> Miner:
    from rusket import _rusket

    items, offsets = baskets[0], baskets[1].astype(np.int32)
    width = int(items.max()) + 1

    def mine(clock: Clock, algorithm: str, min_count: int, _threads: int) -> Found:
        search = getattr(_rusket, f"{algorithm}_from_csr")
        with clock.running():
            counts, _, _ = search(offsets, items, width, min_count, None)
        return len(counts), int(np.sum(counts, dtype=np.int64))

    return mine


def _mlxtend(baskets: Arrays) -> Miner:
    import mlxtend.frequent_patterns as library
    import pandas as pd
    from scipy.sparse import csr_array

    items, offsets = baskets
    shape = (len(offsets) - 1, int(items.max()) + 1)
    matrix = csr_array((np.ones(len(items), dtype=bool), items, offsets), shape=shape)
    frame = pd.DataFrame.sparse.from_spmatrix(matrix)  # type: ignore[attr-defined] # no stubs

    def mine(clock: Clock, algorithm: str, min_count: int, _threads: int) -> Found:
        with clock.running():
            found = getattr(library, algorithm)(frame, (min_count - 0.5) / shape[0])
        return len(found), int(np.rint(found["support"] * shape[0]).sum())

    return mine


def _efficient_apriori(baskets: Arrays) -> Miner:
    from efficient_apriori import itemsets_from_transactions

    rows = [tuple(row) for row in _lists(baskets)]

    def mine(clock: Clock, _algorithm: str, min_count: int, _threads: int) -> Found:
        with clock.running():
            found, _ = itemsets_from_transactions(rows, (min_count - 0.5) / len(rows))
        return (
            sum(len(level) for level in found.values()),
            sum(count for level in found.values() for count in level.values()),
        )

    return mine


def _pami(baskets: Arrays) -> Miner:
    from PAMI.frequentPattern.basic.FPGrowth import FPGrowth

    file = tempfile.NamedTemporaryFile("w", suffix=".tsv", encoding="ascii")  # noqa: SIM115 - kept
    file.writelines("\t".join(map(str, row)) + "\n" for row in _lists(baskets) if row)
    file.flush()

    def mine(clock: Clock, _algorithm: str, min_count: int, _threads: int) -> Found:
        with clock.running():
            miner = FPGrowth(file.name, min_count)
            miner.mine()
        counts = [int(np.ravel(value)[0]) for value in miner.getPatterns().values()]
        return len(counts), sum(counts)

    return mine


def _lists(baskets: Arrays) -> list[list[int]]:
    items = baskets[0].tolist()
    return [items[start:stop] for start, stop in pairwise(baskets[1].tolist())]


LIBRARIES: dict[str, Callable[[Arrays], Miner]] = {
    "ours": _ours,
    "pyfim": _pyfim,
    "rusket": _rusket,
    "mlxtend": _mlxtend,
    "efficient-apriori": _efficient_apriori,
    "PAMI": _pami,
    "SPMF": spmf_miner,
    "Spark": spark_miner,
}


def main() -> None:
    """Answer one line after the other."""
    os.environ["RAYON_NUM_THREADS"] = "1"
    answers, sys.stdout = sys.stdout, sys.stderr  # some miners print
    library, path = sys.argv[1:]
    with np.load(path) as loaded:
        mine = LIBRARIES[library]((loaded["items"], loaded["offsets"]))
    for line in sys.stdin:
        algorithm, min_count, threads = line.split()
        clock = Clock()
        itemsets, supports = mine(clock, algorithm, int(min_count), int(threads))
        found = {"itemsets": itemsets, "supports": supports, **vars(clock)}
        print(json.dumps(found), file=answers, flush=True)


if __name__ == "__main__":
    main()
