"""Between the engine and the kernel that counts what the buyers of each viewed item bought."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.engine import Engine
from pipeline.mining.baskets import Int32s, Int64s


def load_target_counts(engine: Engine, max_targets: int) -> None:
    """Build `bought_targets` (the listed ones) and `other_targets` by the compiled kernel.

    The rows that `listed_targets` keeps are the same as those that it keeps of all pairs, which
    the SQL files of these tables give.

    Args:
        engine: Holds `last_orders`, `visitor_purchases`, `source_totals` and `items`.
        max_targets: Targets listed beside the source's own.
    """
    from pipeline.mining.kernels.targets import Buyers, Purchases, count_targets

    visitors, purchases = _purchases(engine)
    sources = np.sort(_column(engine.fetch("source_totals"), "source_code")).astype(np.int32)
    buyers = _buyers(engine, sources, visitors)
    found = count_targets(
        Buyers(*buyers), Purchases(*purchases), sources, _id_places(engine), max_targets
    )
    is_listed = found.items >= 0
    listed = {
        "source_code": np.repeat(sources, max_targets + 1)[is_listed],
        "target_code": found.items[is_listed],
        "n_target": found.counts[is_listed],
        "weight": found.weights[is_listed],
    }
    others = {"source_code": sources, "n_target": found.other_counts, "weight": found.other_weights}
    engine.load("bought_targets", pa.table(listed))
    engine.load("other_targets", pa.table(others))


def _purchases(engine: Engine) -> tuple[Int64s, tuple[Int64s, Int64s, Int32s]]:
    """Return the visitors who bought, ascending, and their purchases by visitor and time."""
    rows = engine.fetch("visitor_purchases")
    owners, times = _column(rows, "visitor_code"), _column(rows, "ordered_at")
    order = np.lexsort((times, owners))
    visitors, begins = np.unique(owners[order], return_index=True)
    items = _column(rows, "item_code")[order].astype(np.int32)
    return visitors, (_ended(begins, len(order)), times[order], items)


def _buyers(
    engine: Engine, sources: Int32s, visitors: Int64s
) -> tuple[Int64s, Int64s, Int64s, Int64s, Int64s]:
    """Return the buyers of each source, put together by source."""
    rows = engine.fetch("last_orders")
    codes = _column(rows, "source_code")
    order = np.argsort(codes, kind="stable")
    begins = np.searchsorted(codes[order], sources)
    places = np.searchsorted(visitors, _column(rows, "visitor_code")[order])
    first_at, last_at, weights = (
        _column(rows, name)[order] for name in ("first_at", "last_at", "weight")
    )
    return _ended(begins, len(order)), places, first_at, last_at, weights


def _id_places(engine: Engine) -> Int32s:
    """Return the place of each item code in the order of item ids."""
    ids = engine.fetch("items").sort_by("item_code")["item_id"]
    places = np.empty(len(ids), np.int32)
    places[pc.sort_indices(ids).to_numpy()] = np.arange(len(ids), dtype=np.int32)
    return places


def _ended(begins: Int64s, end: int) -> Int64s:
    return np.append(begins, end).astype(np.int64)


def _column(rows: pa.Table, name: str) -> Int64s:
    column: Int64s = rows[name].to_numpy()
    return column
