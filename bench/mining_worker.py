"""Mine one data set with one miner, once, and print what it found and took as JSON.

    python bench/mining_worker.py MINER BASKETS.npz MIN_COUNT

Started by `bench/mining.py`, for each miner with the Python that has it. Only mining is timed,
from the form that suits the miner best to the form that it gives its results in, one thread:
ours, CSR arrays to a trie; rusket, CSR arrays to flat arrays; pyfim, lists of lists to the number
of itemsets of each size and support (no itemset is spelled out), less the time that it takes to
read the lists; the others as documented.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

Arrays = tuple[Any, Any]
"""Items of all baskets, and where each basket starts."""

Found = tuple[int, int]
"""Number of itemsets, and the sum of their counts."""


class Clock:
    """Times what happens inside `running`, and watches the memory that it takes."""

    def __init__(self) -> None:
        self.processor = self.wall = self.megabytes = 0.0

    @contextmanager
    def running(self, sign: int = 1) -> Iterator[None]:
        """Add the time inside; `sign` -1 takes it off instead."""
        before = _memory("VmRSS")
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        processor, wall = time.process_time(), time.perf_counter()
        yield
        self.processor += sign * (time.process_time() - processor)
        self.wall += sign * (time.perf_counter() - wall)
        self.megabytes = max(self.megabytes, _memory("VmHWM") - before)


def _memory(name: str) -> float:
    """Return a line of the process's status in megabytes."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split(f"{name}:")[1].split()[0]) / 1024


def _ours(clock: Clock, baskets: Arrays, min_count: int, algorithm: Any) -> Found:  # noqa: ANN401 - a name
    from pipeline.mining.baskets import Baskets
    from pipeline.mining.kernel_miner import Limits, arrange, mine_nodes

    rows, _ = arrange(Baskets(np.zeros(2, np.int32), np.array([0, 1, 2])), 1)
    mine_nodes(rows, Limits(1, 2), algorithm, 1)
    with clock.running():
        rows, _ = arrange(Baskets(*baskets), min_count)
        parts = mine_nodes(rows, Limits(min_count, 10**6), algorithm, 1)
    return sum(len(part[2]) for part in parts), sum(int(part[2].sum()) for part in parts)


def _pyfim(clock: Clock, baskets: Arrays, min_count: int, algorithm: str) -> Found:
    import fim

    mine: Callable[..., Any] = getattr(fim, algorithm)
    rows = _lists(baskets)
    with clock.running(sign=-1):
        mine(rows, target="s", supp=-len(rows) - 1, zmin=1, report="#")
    clock.megabytes = 0.0
    with clock.running():
        spectrum = mine(rows, target="s", supp=-min_count, zmin=1, report="#")
    return (
        int(sum(spectrum.values())),
        int(sum(count * number for (_, count), number in spectrum.items())),
    )


def _rusket(clock: Clock, baskets: Arrays, min_count: int, algorithm: str) -> Found:
    from rusket import _rusket

    mine = getattr(_rusket, f"{algorithm}_from_csr")
    items, offsets = baskets[0], baskets[1].astype(np.int32)
    with clock.running():
        counts, _, _ = mine(offsets, items, int(items.max()) + 1, min_count, None)
    return len(counts), int(np.sum(counts, dtype=np.int64))


def _mlxtend(clock: Clock, baskets: Arrays, min_count: int, algorithm: str) -> Found:
    import mlxtend.frequent_patterns as library
    import pandas as pd
    from scipy.sparse import csr_array

    items, offsets = baskets
    shape = (len(offsets) - 1, int(items.max()) + 1)
    matrix = csr_array((np.ones(len(items), dtype=bool), items, offsets), shape=shape)
    frame = pd.DataFrame.sparse.from_spmatrix(matrix)  # type: ignore[attr-defined] # not in stubs
    with clock.running():
        found = getattr(library, algorithm)(frame, (min_count - 0.5) / shape[0])
    return len(found), int(np.rint(found["support"] * shape[0]).sum())


def _efficient_apriori(clock: Clock, baskets: Arrays, min_count: int, _algorithm: str) -> Found:
    from efficient_apriori import itemsets_from_transactions

    rows = [tuple(row) for row in _lists(baskets)]
    with clock.running():
        found, _ = itemsets_from_transactions(rows, (min_count - 0.5) / len(rows))
    return (
        sum(len(level) for level in found.values()),
        sum(count for level in found.values() for count in level.values()),
    )


def _pami(clock: Clock, baskets: Arrays, min_count: int, _algorithm: str) -> Found:
    from PAMI.frequentPattern.basic.FPGrowth import FPGrowth

    with tempfile.NamedTemporaryFile("w", suffix=".tsv", encoding="ascii") as file:
        file.writelines("\t".join(map(str, row)) + "\n" for row in _lists(baskets))
        file.flush()
        with clock.running():
            miner = FPGrowth(file.name, min_count)
            miner.mine()
    counts = [int(np.ravel(value)[0]) for value in miner.getPatterns().values()]
    return len(counts), sum(counts)


def _lists(baskets: Arrays) -> list[list[int]]:
    items, offsets = baskets
    return [row.tolist() for row in np.split(items, offsets[1:-1])]


MINERS: dict[str, Callable[..., Found]] = {
    "ours": _ours,
    "pyfim": _pyfim,
    "rusket": _rusket,
    "mlxtend": _mlxtend,
    "efficient-apriori": _efficient_apriori,
    "PAMI": _pami,
}


def main() -> None:
    """Mine and print one line."""
    os.environ["RAYON_NUM_THREADS"] = "1"
    miner, path, min_count = sys.argv[1:]
    library, _, algorithm = miner.partition(" ")
    loaded, clock = np.load(path), Clock()
    baskets = (loaded["items"], loaded["offsets"])
    itemsets, supports = MINERS[library](clock, baskets, int(min_count), algorithm)
    print("\n" + json.dumps({"itemsets": itemsets, "supports": supports, **vars(clock)}))


if __name__ == "__main__":
    main()
