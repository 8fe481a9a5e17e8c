"""Memory of a whole run that writes about ten million itemsets: files in, Parquet out.

`python bench/bulk.py mushroom 255` writes the baskets of a data set as order lines, runs
`basket run --only frequent_itemsets` in a process of its own, and compares the file with what the
miner finds by itself: the number of rows of each size and the sum of their counts.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from mining_data import read_fimi

CONFIG = """
orders:
  files: orders.parquet
  columns:
    {order_id: order, customer_id: customer, item_id: item, ordered_at: sold_at, quantity: quantity}
engine: {memory_limit: 300MB}
mining:
  min_support: null
  min_count: MIN_COUNT
  max_itemset_size: 100
  max_basket_items: 1000
  max_itemsets: 100000000
  max_memory_mb: 1000000
"""
DAY_MICROSECONDS = 86_400_000_000
YEAR_2026 = 20_454 * DAY_MICROSECONDS


def write_orders(path: Path, items: np.ndarray, offsets: np.ndarray) -> None:
    """Write baskets as order lines: one order each, three orders a customer, all on one day."""
    orders = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    columns = {
        "order": pc.cast(pa.array(orders), pa.string()),
        "customer": pc.cast(pa.array(orders // 3), pa.string()),
        "item": pc.cast(pa.array(items), pa.string()),
        "sold_at": pa.array(YEAR_2026 + orders, pa.timestamp("us", tz="UTC")),
        "quantity": pa.array(np.ones(len(items), dtype=np.int64)),
    }
    pq.write_table(pa.table(columns), path)


def run_job(folder: Path, min_count: int) -> Path:
    """Run the job, print what it took, and return the file of itemsets."""
    config, output = folder / "basket.yaml", folder / "out"
    text = CONFIG.replace("MIN_COUNT", str(min_count)) + f"output: {{path: {output}}}\n"
    config.write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "pipeline", "run", config, "--only", "frequent_itemsets"]
    subprocess.run([str(part) for part in command], check=True)  # noqa: S603 - our own program
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds, megabytes = used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
    print(f"processor {seconds:.1f} s, peak {megabytes:,.0f} MB")
    (table,) = output.rglob("frequent_itemsets.parquet")
    return table


def sums_written(path: Path) -> dict[int, tuple[int, int]]:
    """Return rows and the sum of their counts by number of items, from the file."""
    table = pq.read_table(path, columns=["item_count", "joint_count"])
    sizes, counts = (table[name].to_numpy() for name in ("item_count", "joint_count"))
    return sums_by_size(sizes, counts)


def sums_by_size(sizes: np.ndarray, counts: np.ndarray) -> dict[int, tuple[int, int]]:
    """Return rows and the sum of their counts by size."""
    rows, sums = np.bincount(sizes), np.bincount(sizes, weights=counts)
    return {size: (int(rows[size]), int(sums[size])) for size in range(1, len(rows))}


def sums_mined(
    items: np.ndarray, offsets: np.ndarray, min_count: int
) -> dict[int, tuple[int, int]]:
    """Return the same from the miner alone."""
    from pipeline.mining.baskets import Baskets
    from pipeline.mining.kernel_miner import Limits, arrange, mine_nodes

    rows, _ = arrange(Baskets(items, offsets), min_count)
    ((sizes, _, counts),) = mine_nodes(rows, Limits(min_count, 100), "fpgrowth", 1)
    return sums_by_size(sizes, counts)


def main() -> None:
    """Write, run, compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", help="data set of the FIMI repository")
    parser.add_argument("min_count", type=int)
    parser.add_argument("--baskets", type=int, help="only so many, from the first")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    given = parser.parse_args()
    items, offsets = read_fimi(given.data / "fimi" / f"{given.name}.dat.gz")
    offsets = offsets[: (given.baskets or len(offsets)) + 1]
    items = items[: offsets[-1]]
    with tempfile.TemporaryDirectory() as folder:
        write_orders(Path(folder) / "orders.parquet", items, offsets)
        path = run_job(Path(folder), given.min_count)
        written, megabytes = sums_written(path), path.stat().st_size / 2**20
    mined = sums_mined(items, offsets, given.min_count)
    rows, counts = (sum(pair[at] for pair in mined.values()) for at in range(2))
    print(f"{rows:,} itemsets, counts {counts:,}, file {megabytes:,.0f} MB")
    if written != mined:
        sys.exit(f"the file differs: {written} instead of {mined}")
    print("the file holds as many of each size, and the same sums of counts")


if __name__ == "__main__":
    main()
