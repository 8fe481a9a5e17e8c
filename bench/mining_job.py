"""The whole job of a miner: a Parquet file of (order_id, item) to a Parquet file of rules.

    python bench/mining_job.py MINER LINES.parquet MIN_COUNT RULES.parquet

Started by `bench/mining.py`, for each miner with the Python that has it. Timed inside the process,
from opening the one file to closing the other, when everything is imported and the kernels are
loaded. Rules have one item or more on either side and a confidence of at least a tenth, with
`support`, `confidence` and `lift`. rusket gets a CSR made by hand, the same sort of packed keys
as ours: its own functions for data frames take several times as long.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from mining_data import Baskets
from mining_run import HERE, Run, take_turns
from mining_worker import Clock

MIN_CONFIDENCE = 0.1
JOBS = ("ours", "rusket")
SUPPORT = 1
"""Place of the support that the job is run at: the middle one."""


def _ours(lines: Path, min_count: int, rules: Path) -> int:
    from pipeline.mining.baskets import gather_keys
    from pipeline.mining.itemset_rows import lists_of
    from pipeline.mining.itemsets import mine_itemsets
    from pipeline.mining.rule_counts import Sides, Thresholds, count_rules

    width = _largest_item(lines) + 1
    baskets = gather_keys(_read_keys(lines, width), width, 10**6)
    itemsets = mine_itemsets(baskets, min_count, 10**6, "fpgrowth")
    thresholds = Thresholds(MIN_CONFIDENCE, 0.0, baskets.basket_count)
    found = count_rules(itemsets, Sides(10**6), thresholds)
    item_ids = pa.array(np.arange(int(itemsets.items.max(initial=0)) + 1, dtype=np.int32))
    joint, left = found.joint_counts, found.antecedent_counts
    columns = {
        "antecedents": lists_of(itemsets, found.antecedents, item_ids),
        "consequents": lists_of(itemsets, found.consequents, item_ids),
        "support": joint / baskets.basket_count,
        "confidence": joint / left,
        "lift": joint / left / (found.consequent_counts / baskets.basket_count),
    }
    pq.write_table(pa.table(columns), rules)
    return len(joint)


def _rusket(lines: Path, min_count: int, rules: Path) -> int:
    import pandas as pd
    import rusket
    from rusket import _rusket

    orders, items = _read(lines)
    width = int(items.max()) + 1
    keys = orders * width + items
    keys.sort()
    keys = keys[np.append(True, keys[1:] != keys[:-1])]
    orders, items = np.divmod(keys, width)
    starts = np.flatnonzero(np.append(True, orders[1:] != orders[:-1]))
    offsets = np.append(starts, len(keys)).astype(np.int32)
    found = _rusket.fpgrowth_from_csr(offsets, items.astype(np.int32), width, min_count, None)
    counts, ends, flat = (np.asarray(part) for part in found)
    frame = pd.DataFrame(
        {
            "support": counts / len(starts),
            "itemsets": [frozenset(row.tolist()) for row in np.split(flat, ends[1:-1])],
        }
    )
    wanted = ["support", "confidence", "lift"]
    made = rusket.association_rules(
        frame, len(starts), min_threshold=MIN_CONFIDENCE, return_metrics=wanted
    )
    for side in ("antecedents", "consequents"):
        made[side] = [sorted(one) for one in made[side]]
    pq.write_table(pa.Table.from_pandas(made, preserve_index=False), rules)
    return len(made)


def _read_keys(lines: Path, width: int) -> Any:  # noqa: ANN401 - an array
    from pipeline.mining.keys import filled_keys

    file = pq.ParquetFile(lines)
    batches = (
        batch.rename_columns(["owner_code", "item_code"])
        for batch in file.iter_batches(columns=["order_id", "item"], use_threads=False)
    )
    return filled_keys(batches, most=file.metadata.num_rows, width=width)


def _largest_item(lines: Path) -> int:
    """Return the largest item by the statistics that Parquet keeps of each row group."""
    with pq.ParquetFile(lines) as file:
        groups, column = file.metadata, file.schema_arrow.get_field_index("item")
        found = [
            groups.row_group(one).column(column).statistics for one in range(groups.num_row_groups)
        ]
    return max(int(one.max) for one in found)


def _read(lines: Path) -> tuple[Any, Any]:
    table = pq.read_table(lines, columns=["order_id", "item"])
    return table["order_id"].to_numpy(), table["item"].to_numpy()


def _lines_of(baskets: Baskets, folder: Path) -> Path:
    """Write the baskets as lines, if they are not there, and return the file."""
    path = baskets.path_in(folder)
    lines = path.with_suffix(".parquet")
    if not lines.exists():
        with np.load(path) as loaded:
            orders = np.repeat(np.arange(len(loaded["offsets"]) - 1), np.diff(loaded["offsets"]))
            pq.write_table(pa.table({"order_id": orders, "item": loaded["items"]}), lines)
    return lines


def compare_jobs(baskets: Baskets, peers: Path, options: argparse.Namespace) -> Iterator[str]:
    """Yield a table of our job and rusket's."""
    lines = _lines_of(baskets, options.cache)
    support, min_count = list(baskets.min_counts(baskets.path_in(options.cache)))[SUPPORT]

    def asking(miner: str) -> Callable[[], Run | str]:
        python = Path(sys.executable) if miner == "ours" else peers
        rules = options.cache / "rules.parquet"
        parts = (python, HERE / "mining_job.py", miner, lines, min_count, rules)
        return lambda: _run([str(part) for part in parts])

    found = take_turns({miner: asking(miner) for miner in JOBS}, options.runs, options.enough)
    yield "| job | support | rules | runs | processor s | wall s | MB |"
    yield "|---|---|---:|---:|---:|---:|---:|"
    for miner, runs in found.items():
        if not runs.runs:
            yield f"| {miner} | {support} | {runs.note} | | | | |"
            continue
        yield (
            f"| {miner} | {support} | {runs.found[0]:,} | {len(runs.runs)} | {runs.processor:.2f} "
            f"| {runs.wall:.2f} | {runs.megabytes:.0f} |"
        )


def _run(command: list[str]) -> Run | str:
    environment = {**os.environ, "PYTHONPATH": str(HERE.parent)}
    done = subprocess.run(  # noqa: S603 - our own program
        command, capture_output=True, text=True, env=environment, check=False
    )
    if done.returncode:
        return f"failed: {done.stderr.splitlines()[-1]}"
    return Run(**json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    """Do the job once, small, to load everything, then in earnest; print one line."""
    miner, lines, min_count, rules = sys.argv[1:]
    do = {"ours": _ours, "rusket": _rusket}[miner]
    few = Path(rules).with_suffix(".few")
    pq.write_table(
        pa.table({"order_id": [0, 0, 1, 1], "item": np.array([0, 1, 0, 1], np.int32)}), few
    )
    do(few, 1, Path(rules))
    clock = Clock()
    with clock.running():
        count = do(Path(lines), int(min_count), Path(rules))
    print(json.dumps({"itemsets": count, "supports": 0, **vars(clock)}))


if __name__ == "__main__":
    main()
