"""Compare our miners with those that a Python user can install, on the same baskets.

    python bench/mining.py [--data FOLDER] [--runs 5] [--generated 320000] [--only TEXT] [--quick]

Makes an environment of its own for the peers, gives every miner the same baskets, each run in a
process of its own, the miners taking turns. Prints Markdown: medians of processor and wall time
of mining alone on one thread, memory above the input, and our ratio to each; a miner that finds
other itemsets than ours is marked. Slow miners run once and are stopped after `--limit` seconds.
"""

import argparse
import gzip
import json
import os
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np

HERE = Path(__file__).parent
PEERS = ("numpy", "pandas", "scipy", "pyfim", "rusket", "mlxtend", "efficient-apriori", "PAMI")
QUICK = (
    "ours fpgrowth",
    "ours apriori",
    "pyfim fpgrowth",
    "pyfim eclat",
    "pyfim apriori",
    "rusket fpgrowth",
)
SLOW = ("mlxtend fpgrowth", "efficient-apriori", "PAMI fpgrowth")
FIMI = {
    "retail": (89, 18, 9),
    "T10I4D100K": (100, 20),
    "mushroom": (813, 407),
    "chess": (1918, 1598),
}
GENERATED_SHARES = (0.003, 0.001, 0.0002)
GENERATED_ITEMS = 50_000
LARGEST_BASKET = 145


@dataclass(frozen=True)
class Case:
    """One data set at one support."""

    name: str
    path: Path
    min_count: int


@dataclass(frozen=True)
class Run:
    """What one run found and took; seconds and megabytes."""

    itemsets: int
    supports: int
    processor: float
    wall: float
    megabytes: float


def peers_python(folder: Path) -> Path:
    """Return the Python of the peers' environment, made and filled if it is not there."""
    python = folder / "bin" / "python"
    if not (folder / ".ready").exists():
        venv.create(folder, with_pip=True)
        install = [str(python), "-m", "pip", "install", "--quiet", *PEERS]
        subprocess.run(install, check=True)  # noqa: S603 - names of this file
        (folder / ".ready").touch()
    return python


def read_fimi(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Read a data set of the FIMI repository as items and offsets."""
    with gzip.open(path, "rt", encoding="ascii") as lines:
        rows = [sorted({int(item) for item in line.split()}) for line in lines]
    offsets = np.cumsum([0, *map(len, rows)])
    return np.array([item for row in rows for item in row], dtype=np.int32), offsets


def generated(basket_count: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw baskets of a shop: gamma sizes, popularity 1 / (rank + 5), a fifth companions."""
    generator = np.random.default_rng(1)
    sizes = np.clip(np.rint(generator.gamma(1.2, 9.0, basket_count)), 1, LARGEST_BASKET).astype(int)
    weights = 1 / (np.arange(GENERATED_ITEMS) + 5)
    drawn = generator.choice(GENERATED_ITEMS, sizes.sum(), p=weights / weights.sum())
    # A companion stands a few ranks from the item drawn before it in the basket.
    is_first = np.zeros(len(drawn), dtype=bool)
    is_first[np.cumsum(sizes)[:-1]] = is_first[0] = True
    is_companion = (generator.random(len(drawn)) < 0.2) & ~is_first  # noqa: PLR2004 - a fifth
    places = np.flatnonzero(is_companion)
    drawn[places] = (drawn[places - 1] + 7) % GENERATED_ITEMS
    keys = np.unique(np.repeat(np.arange(basket_count), sizes) * GENERATED_ITEMS + drawn)
    baskets, items = np.divmod(keys, GENERATED_ITEMS)
    offsets = np.concatenate([[0], np.cumsum(np.bincount(baskets, minlength=basket_count))])
    return items.astype(np.int32), offsets


def cases(data: Path, basket_count: int, folder: Path) -> Iterator[Case]:
    """Write every data set as arrays and yield it at each of its supports."""
    for name, counts in FIMI.items():
        path = _saved(folder / f"{name}.npz", read_fimi(data / "fimi" / f"{name}.dat.gz"))
        yield from (Case(name, path, count) for count in counts)
    if basket_count:
        path = _saved(folder / "generated.npz", generated(basket_count))
        for share in GENERATED_SHARES:
            yield Case(f"generated {basket_count:,}", path, round(share * basket_count))


def _saved(path: Path, baskets: tuple[np.ndarray, np.ndarray]) -> Path:
    np.savez(path, items=baskets[0], offsets=baskets[1].astype(np.int64))
    return path


def run(miner: str, case: Case, peers: Path, limit: int) -> Run | None:
    """Run one miner once in a process of its own; None where it failed or took too long."""
    python = Path(sys.executable) if miner.startswith("ours") else peers
    script = HERE / "mining_worker.py"
    command = [str(part) for part in (python, script, miner, case.path, case.min_count)]
    environment = {**os.environ, "PYTHONPATH": str(HERE.parent)}
    try:
        done = subprocess.run(  # noqa: S603 - our own program
            command, env=environment, capture_output=True, text=True, timeout=limit, check=True
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return None
    return Run(**json.loads(done.stdout.splitlines()[-1]))


def compare(case: Case, peers: Path, options: argparse.Namespace) -> dict[str, list[Run]]:
    """Run every miner on a case, the quick ones in turns."""
    every = QUICK if options.quick else (*QUICK, *SLOW)
    found: dict[str, list[Run]] = {miner: [] for miner in every}
    for number in range(options.runs):
        for miner in QUICK if number else every:
            done = run(miner, case, peers, options.limit)
            if done:
                found[miner].append(done)
    return found


def rows_of(case: Case, found: dict[str, list[Run]], limit: int) -> Iterator[str]:
    """Yield a row of the table for each miner."""
    ours = found["ours fpgrowth"]
    for miner, runs in found.items():
        label = f"| {case.name} | {case.min_count} | {miner} |"
        if not runs:
            yield f"{label} failed or over {limit} s | | | | |"
            continue
        mine = found["ours apriori"] if miner.endswith(" apriori") else ours
        processor = median(run.processor for run in runs)
        ratio = median(run.processor for run in mine) / max(processor, 1e-6)
        agrees = (runs[0].itemsets, runs[0].supports) == (ours[0].itemsets, ours[0].supports)
        yield (
            f"{label} {runs[0].itemsets:,}{'' if agrees else ' (differs)'} | {processor:.3f} "
            f"| {median(run.wall for run in runs):.3f} "
            f"| {median(run.megabytes for run in runs):.0f} | {ratio:.2f} |"
        )


def main(arguments: Sequence[str] | None = None) -> None:
    """Compare and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=HERE.parent.parent / "shared" / "data")
    parser.add_argument("--peers", type=Path, default=Path("~/.cache/basket-pipeline/peers"))
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--generated", type=int, default=320_000)
    parser.add_argument("--only", default="")
    parser.add_argument("--limit", type=int, default=120)
    parser.add_argument("--quick", action="store_true", help="leave the slow miners out")
    options = parser.parse_args(arguments)
    peers = peers_python(options.peers.expanduser())
    warm = [sys.executable, "-m", "pipeline.mining.kernels"]
    subprocess.run(warm, check=True, cwd=HERE.parent, stdout=sys.stderr)  # noqa: S603 - our own
    print("| data | min count | miner | itemsets | processor s | wall s | MB | ours / it |")
    print("|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for case in cases(options.data, options.generated, Path(folder)):
            if options.only in case.name:
                found = compare(case, peers, options)
                print("\n".join(rows_of(case, found, options.limit)), flush=True)


if __name__ == "__main__":
    main()
