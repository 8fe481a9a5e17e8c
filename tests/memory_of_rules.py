"""What mining and its rules take, and what the planner expects: run by a test, in a process alone.

    python -m tests.memory_of_rules FOLDER DATA MIN_COUNT MIN_CONFIDENCE

Prints the numbers of itemsets and rules, the growth of the resident set at its peak while
`frequent_itemsets` and `association_rules` are built, and the plan of the same, in megabytes.
"""

import ctypes
import json
import sys
from contextlib import closing
from pathlib import Path

import numpy as np
import pyarrow as pa

from pipeline.config.mining_options import Mining
from pipeline.io.duckdb_engine import DuckDBEngine
from pipeline.mining.baskets import Baskets
from pipeline.mining.planner import plan
from pipeline.mining.rules import RuleSummary, build_rules
from pipeline.mining.window import Window
from tests.datasets import baskets_of_rows, read_fimi

LENIENT = {"max_q_value": None, "only_productive": False, "min_customers": 0, "min_support": None}


def load_baskets(engine: DuckDBEngine, baskets: Baskets) -> None:
    """Load baskets as `sale_lines` and `items`."""
    lines = len(baskets.item_codes)
    orders = np.repeat(np.arange(baskets.basket_count), baskets.sizes)
    columns = {
        "order_code": orders,
        "customer_code": pa.nulls(lines, pa.int64()),
        "item_code": baskets.item_codes,
        "ordered_at": np.zeros(lines, np.int64),
        "ordered_day": np.zeros(lines, np.int32),
    }
    engine.load("sale_lines", pa.table(columns))
    codes = np.arange(int(baskets.item_codes.max()) + 1, dtype=np.int32)
    engine.load("items", pa.table({"item_code": codes, "item_id": [str(one) for one in codes]}))


def build(baskets: Baskets, config: Mining) -> tuple[RuleSummary, float]:
    """Build the two tables; return what was found, and the peak of memory in megabytes."""
    with closing(DuckDBEngine(threads=2)) as engine:
        load_baskets(engine, baskets)
        ctypes.CDLL(None).malloc_trim(0)
        before = _megabytes("VmRSS")
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        summary = build_rules(engine, config, Window(-1, 1), "sku", threads=2)
        return summary, _megabytes("VmHWM") - before


def _megabytes(name: str) -> float:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split(f"{name}:")[1].split()[0]) / 1024


def main() -> None:
    """Measure one case, when everything is loaded."""
    folder, name, min_count, min_confidence = sys.argv[1:]
    chosen = {"min_count": int(min_count), "min_confidence": float(min_confidence)}
    config = Mining.model_validate({"max_itemset_size": 99, "max_memory_mb": 10**5, **LENIENT,
                                    "max_itemsets": 10**8, **chosen})  # fmt: skip
    build(baskets_of_rows([[0, 1]] * int(min_count)), config)
    baskets = read_fimi(Path(folder), name)
    expected = plan(baskets, config.min_count or 1, config)
    summary, measured = build(baskets, config)
    found = {"itemsets": summary.itemset_count, "rules": summary.rule_count}
    report = {**found, "measured": round(measured), "planned": expected.megabytes}
    sys.stdout.write(json.dumps(report))


if __name__ == "__main__":
    main()
