"""Run the whole job as a user does, files to published tables, and say what it took.

    python bench/job.py CONFIG [--set a.b=c]... [--runs N] [--floor] [--main] [--split]

Each run is a process of its own, `basket run CONFIG`; the kernels are compiled before. Printed as
Markdown: processor time, wall time and peak memory of each stage (medians over the runs), rows
published, and, where the folder of the configuration holds the `truth.json` of `bench/shop.py`,
the share of planted relations that the tables recover.

`--main` publishes the tables of the main job only, whatever others there are: its aims are theirs.
`--split` runs the main job beside each run of all tables, and says what all of them add to it.
`--floor` runs beside each run what the job cannot do without: one DuckDB statement that reads the
order files and counts, by a self-join, the pairs of items that reach the minimum count of
`also_bought`; the ratio of processor times is printed.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import pyarrow.parquet as pq

RECALL_AT = (5, 20)
MAIN_TABLES = (
    "frequent_itemsets",
    "association_rules",
    "also_bought",
    "also_viewed",
    "view_then_bought",
    "rfm_segments",
    "item_stats",
)
_FLOOR = """
import sys, duckdb
database = duckdb.connect()
files, order, item, least = sys.argv[1:]
database.execute(f'''
    with lines as (select distinct {order} as basket, {item} as item from read_parquet('{files}')),
    frequent as (select item from lines group by item having count(*) >= {least}),
    kept as (select basket, item from lines semi join frequent using (item))
    select a.item, b.item, count(*) from kept a join kept b using (basket)
    where a.item < b.item group by all''').fetchmany(1)
"""


@dataclass(frozen=True)
class Usage:
    """What one process took: processor and wall seconds, peak megabytes."""

    processor: float
    wall: float
    megabytes: float


@dataclass(frozen=True)
class JobRun:
    """One run of the job: its usage, the log lines of its stages and its summary."""

    usage: Usage
    stages: list[dict[str, Any]]
    summary: dict[str, Any]


def measured(command: Sequence[str], log: Path | None = None) -> tuple[Usage, str]:
    """Run a process and return what it took and its standard output.

    Raises:
        subprocess.CalledProcessError: The process failed.
    """
    errors = log.open("w") if log else None
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)  # noqa: S603
    output = process.stdout.read() if process.stdout else ""
    _, status, used = _wait(process.pid)
    wall = time.perf_counter() - started
    if errors:
        errors.close()
    if status:
        raise subprocess.CalledProcessError(status, command)
    return Usage(used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1024), output


def _wait(pid: int) -> tuple[int, int, resource.struct_rusage]:
    import os

    return os.wait4(pid, 0)


def run_job(config: Path, overrides: Sequence[str], log: Path) -> JobRun:
    """Run `basket run` once."""
    sets = [part for override in overrides for part in ("--set", override)]
    command = [sys.executable, "-m", "pipeline", "run", str(config), "--json", *sets]
    usage, output = measured(command, log)
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    stages = [line for line in lines if line["event"] == "stage_done"]
    return JobRun(usage, stages, json.loads(output))


def stage_table(runs: Sequence[JobRun]) -> Iterator[str]:
    """Yield the stages as a Markdown table of medians."""
    yield "| stage | processor s | wall s | peak MB so far |"
    yield "|---|---:|---:|---:|"
    for place, stage in enumerate(runs[0].stages):
        values = [
            median(run.stages[place][name] for run in runs)
            for name in ("processor_seconds", "seconds", "peak_megabytes")
        ]
        yield f"| {stage['stage']} | {values[0]:.1f} | {values[1]:.1f} | {values[2]:.0f} |"
    usage = [run.usage for run in runs]
    total = [
        median(getattr(one, name) for one in usage) for name in ("processor", "wall", "megabytes")
    ]
    yield f"| **whole process** | **{total[0]:.1f}** | **{total[1]:.1f}** | **{total[2]:.0f}** |"


def recall(folder: Path, truth: dict[str, Any]) -> Iterator[str]:
    """Yield, per table, the share of planted relations among the first targets of their source."""
    yield f"| table | planted | {' | '.join(f'recall at {k}' for k in RECALL_AT)} | in the table |"
    yield "|---|---:|" + "---:|" * (len(RECALL_AT) + 1)
    for name in ("also_bought", "also_viewed", "view_then_bought"):
        path = folder / f"{name}.parquet"
        rows = pq.read_table(path, columns=["source_item_id", "target_item_id", "rank"]).to_pylist()
        ranks = {(row["source_item_id"], row["target_item_id"]): row["rank"] for row in rows}
        found = [ranks.get((source, target)) for source, target, *_ in truth[name]]
        shares = [
            sum(rank is not None and rank <= k for rank in found) / len(found) for k in RECALL_AT
        ]
        listed = sum(rank is not None for rank in found) / len(found)
        cells = " | ".join(f"{share:.3f}" for share in [*shares, listed])
        yield f"| {name} | {len(found)} | {cells} |"
    yield _rule_recall(folder, truth)


def _rule_recall(folder: Path, truth: dict[str, Any]) -> str:
    rows = pq.read_table(folder / "association_rules.parquet", columns=["antecedent", "consequent"])
    rules = {(tuple(row["antecedent"]), tuple(row["consequent"])) for row in rows.to_pylist()}
    planted = truth["association_rules"]
    share = sum(((left,), (right,)) in rules for left, right in planted) / len(planted)
    return f"| association_rules | {len(planted)} |{' |' * len(RECALL_AT)} {share:.3f} |"


def split_table(runs: Sequence[JobRun], mains: Sequence[JobRun]) -> Iterator[str]:
    """Yield as Markdown what all tables add to the main job, in medians of processor seconds."""
    whole, main = (median(run.usage.processor for run in some) for some in (runs, mains))
    yield "| | processor s |"
    yield "|---|---:|"
    yield f"| the main job: {len(mains[0].stages)} stages | {main:.1f} |"
    yield f"| all tables: {len(runs[0].stages)} stages | {whole:.1f} |"
    yield f"| **added / main job** | **{(whole - main) / main:.2f}** |"


def floor(config: Path) -> Usage:
    """Measure the statement that the job cannot do without."""
    from pipeline.config.load import load_config

    loaded = load_config(config)
    orders, least = loaded.config.orders, loaded.config.also_bought.min_item_count
    files = str((loaded.folder / str(orders.files)).resolve())
    columns = [str(orders.columns["order_id"]), str(orders.columns["item_id"])]
    return measured([sys.executable, "-c", _FLOOR, files, *columns, str(least)])[0]


def main() -> None:
    """Parse the command line, run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("config", type=Path)
    parser.add_argument("--set", action="append", default=[], dest="overrides", metavar="a.b=c")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--floor", action="store_true")
    parser.add_argument("--main", action="store_true")
    parser.add_argument("--split", action="store_true")
    given = parser.parse_args()
    of_main = [*given.overrides, f"output.tables=[{', '.join(MAIN_TABLES)}]"]
    log = given.config.resolve().parent / "job.log"
    measured([sys.executable, "-m", "pipeline.mining.kernels"])  # so that no run compiles them
    runs, mains, floors = [], [], []
    for _ in range(given.runs):
        mains += [run_job(given.config, of_main, log)] if given.split else []
        runs.append(run_job(given.config, of_main if given.main else given.overrides, log))
        floors += [floor(given.config)] if given.floor else []
    log.unlink()
    print("\n".join(stage_table(runs)))
    if mains:
        print("\n" + "\n".join(split_table(runs, mains)))
    if floors:
        ratio = median(run.usage.processor for run in runs) / median(
            one.processor for one in floors
        )
        print(
            f"\nfloor: {median(one.processor for one in floors):.1f} processor s, "
            f"job / floor = {ratio:.2f}"
        )
    truth = given.config.resolve().parent / "truth.json"
    if truth.exists():
        print(
            "\n"
            + "\n".join(recall(Path(runs[-1].summary["folder"]), json.loads(truth.read_text())))
        )


if __name__ == "__main__":
    main()
