"""Compare our miners with those that a Python user can install, on the same baskets.

    python bench/mining.py [--data FOLDER] [--runs 5] [--generated 3200000] [--only TEXT]...

Makes an environment of its own for the peers and one process for each library, which holds the
baskets; the miners take turns, one at a time and on one thread. Writes medians of processor and
wall time of mining alone, the memory above the input and our ratios to `bench/RESULTS.md`, and ends
with 1 if a miner finds other itemsets than ours. Then two threads against one, and the whole
job, Parquet to Parquet, on the generated shop (`bench/mining_job.py`).

Slow miners run once, are stopped after `--limit` seconds, and are not asked again for a lower
support; a quick one that took `--enough` seconds in all is not repeated. SPMF and Spark MLlib are
run where there is Java. The generated shop is mined by ours, Borgelt's and rusket alone. R arules
is not run: its miners are Borgelt's C programs, of an older version.
"""

import argparse
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import numpy as np
from mining_data import GENERATED, Baskets, data_sets
from mining_job import compare_jobs
from mining_run import HERE, Runs, Worker, peers_python, take_turns
from mining_tables import Case, full_table, ratio_table, thread_line, write_between

QUICK = (
    "ours fpgrowth",
    "ours apriori",
    "pyfim fpgrowth",
    "pyfim eclat",
    "pyfim apriori",
    "rusket fpgrowth",
)
SLOW = ("mlxtend fpgrowth", "efficient-apriori", "PAMI fpgrowth")
JAVA = ("SPMF fpgrowth", "Spark fpgrowth")
LARGE = ("ours fpgrowth", "pyfim fpgrowth", "pyfim eclat", "rusket fpgrowth")
"""Who mines the generated shop; the others would take minutes for each support."""


def cases_of(baskets: Baskets, peers: Path, options: argparse.Namespace) -> Iterator[Case]:
    """Compare the miners on one data set and yield each of its supports."""
    path = baskets.path_in(options.cache)
    lost = lost_by_pyfim(path)
    is_large = baskets.name.startswith(GENERATED)
    asked = () if options.quick or is_large else slow_miners()
    slow, miners = list(asked), LARGE if is_large else QUICK
    for support, min_count in wanted_counts(baskets, options):
        found = compare_quick(path, min_count, peers, options, miners=miners)
        for miner in asked:
            found[miner] = Runs(note="left out: too slow above")
            if miner in slow:
                library, _, algorithm = miner.partition(" ")
                with Worker(library, path, peers) as worker:
                    found[miner] = Runs.of(worker.ask(algorithm, min_count, 1, options.limit))
        slow = [miner for miner in slow if found[miner].runs]
        yield Case(baskets.name, support, min_count, lost, found)


def slow_miners() -> tuple[str, ...]:
    """Return the slow miners that can run here."""
    return (*SLOW, *JAVA) if shutil.which("java") else SLOW


def wanted_counts(baskets: Baskets, options: argparse.Namespace) -> list[tuple[str, int]]:
    """Return the supports of a data set that `--only` asks for, with their numbers of baskets."""
    every = baskets.min_counts(baskets.path_in(options.cache))
    if not options.only:
        return list(every)
    return [
        (support, min_count)
        for support, min_count in every
        if any(text in f"{baskets.name} {support}" for text in options.only)
    ]


def compare_quick(
    path: Path,
    min_count: int,
    peers: Path,
    options: argparse.Namespace,
    *,
    miners: Sequence[str],
) -> dict[str, Runs]:
    """Let the quick miners take turns; each library holds the baskets once."""
    with ExitStack() as stack:
        workers = {
            library: stack.enter_context(Worker(library, path, peers))
            for library in ("ours", "pyfim", "rusket")
        }
        asked = {}
        for miner in miners:
            library, algorithm = miner.split()
            ask = workers[library].ask
            asked[miner] = partial(ask, algorithm, min_count, 1, 10 * options.limit)
        return take_turns(asked, options.runs, options.enough)


def lost_by_pyfim(path: Path) -> tuple[int, int]:
    """Return the number of itemsets of items that are in every basket, and the sum of counts."""
    with np.load(path) as loaded:
        counts, basket_count = np.bincount(loaded["items"]), len(loaded["offsets"]) - 1
    itemsets = 2 ** int((counts == basket_count).sum()) - 1
    return itemsets, itemsets * basket_count


def compare_threads(baskets: Baskets, options: argparse.Namespace) -> Iterator[str]:
    """Yield a table of two threads against one."""
    path = baskets.path_in(options.cache)
    yield "| support | one thread, wall s | two threads | wall ratio | processor ratio |"
    yield "|---|---:|---:|---:|---:|"
    with Worker("ours", path, Path(sys.executable)) as worker:
        for support, min_count in wanted_counts(baskets, options):
            asked = {
                name: partial(worker.ask, "fpgrowth", min_count, threads, 10 * options.limit)
                for threads, name in ((1, "one thread"), (2, "two threads"))
            }
            found = take_turns(asked, options.runs, 3 * options.enough)
            yield thread_line(Case(baskets.name, support, min_count, (0, 0), found))


def machine(peers: Path) -> str:
    """Return the machine, how busy it is and the versions compared."""
    freeze = [str(peers), "-m", "pip", "list", "--format=freeze"]
    listed = subprocess.run(freeze, capture_output=True, text=True, check=True)  # noqa: S603
    names = ("pyfim", "rusket", "mlxtend", "efficient", "pami", "pyspark")
    versions = [line for line in listed.stdout.split() if line.lower().startswith(names)]
    load = ", ".join(f"{load:.1f}" for load in os.getloadavg())
    return (
        f"{os.cpu_count()} processors, load {load} at the end (one is this program); "
        f"Python {platform.python_version()}; {', '.join(versions)}.\n"
    )


def report(cases: Sequence[Case], others: Sequence[str], peers: Path) -> str:
    """Return everything that was found as Markdown."""
    lines = [*ratio_table(cases), "", *others, *full_table(cases)]
    return f"{machine(peers)}\n" + "\n".join(lines) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    cache = Path("~/.cache/basket-pipeline").expanduser()
    parser.add_argument("--data", type=Path, default=HERE.parent.parent / "shared" / "data")
    parser.add_argument("--cache", type=Path, default=cache / "bench", help="keeps the baskets")
    parser.add_argument("--peers", type=Path, default=cache / "peers", help="their environment")
    parser.add_argument("--results", type=Path, default=HERE / "RESULTS.md")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--generated", type=int, default=3_200_000)
    parser.add_argument(
        "--only", action="append", default=[], help="data and support with this text"
    )
    parser.add_argument("--limit", type=float, default=20, help="seconds of a slow miner")
    parser.add_argument("--enough", type=float, default=10, help="seconds of a miner in all")
    parser.add_argument("--quick", action="store_true", help="leave the slow miners out")
    options = parser.parse_args(arguments)
    options.cache.mkdir(parents=True, exist_ok=True)
    peers = peers_python(options.peers)
    warm = [sys.executable, "-m", "pipeline.mining.kernels"]
    subprocess.run(warm, check=True, cwd=HERE.parent, stdout=sys.stderr)  # noqa: S603 - our own
    cases: list[Case] = []
    others: list[str] = []
    for baskets in data_sets(options.data, options.generated):
        if not wanted_counts(baskets, options):
            continue
        for case in cases_of(baskets, peers, options):
            cases.append(case)
            write_between(options.results, report(cases, others, peers))
            print(f"{case.name} {case.support}", file=sys.stderr)
        if baskets.name.startswith(GENERATED):
            others += ["Two threads against one:\n", *compare_threads(baskets, options), ""]
            others += ["The whole job:\n", *compare_jobs(baskets, peers, options), ""]
            write_between(options.results, report(cases, others, peers))
    differ = [
        f"{case.name} {case.support}: {miner}"
        for case in cases
        for miner, runs in case.found.items()
        if runs.runs and not case.agrees(miner)
    ]
    print("\n".join(differ), file=sys.stderr)
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
