"""Between the engine and the kernel that counts what the buyers of each viewed item bought."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.engine import Engine, Value
from pipeline.mining.baskets import Int32s, order_of
from pipeline.mining.columns import read_columns
from pipeline.mining.steps import build, sql_of

if TYPE_CHECKING:
    from pipeline.mining.kernels.targets import Buyers, Purchases

BYTES_PER_VIEW = 32
"""What first views and purchases take in arrays for each first view."""


def load_target_counts(engine: Engine, values: Mapping[str, Value]) -> None:
    """Build `source_totals`, `bought_targets` (the listed) and `other_targets` by a kernel.

    The rows that `listed_targets` keeps are the same as those that it keeps of all pairs, which
    the SQL files of these tables give.

    Args:
        engine: Holds `first_views`, `viewed_items`, `visitor_purchases` and `items`.
        values: `max_targets`, listed beside the source's own, and `weight_unit`.
    """
    from pipeline.mining.kernels.targets import Limits, count_targets

    viewed = engine.fetch("viewed_items").sort_by("item_code")
    sources = viewed["item_code"].to_numpy().astype(np.int32)
    limits = Limits(int(values["max_targets"] or 0), int(values["weight_unit"] or 1))
    build(engine, "buying_visitors", values)
    with engine.room(BYTES_PER_VIEW * engine.count("first_views")):
        purchases = _purchases(engine)
        buyers = _buyers(engine, purchases, sources)
        engine.drop("first_views")
        found = count_targets(buyers, purchases.items, sources, _id_places(engine), limits)
        buyer_counts = np.diff(buyers.begins)
        del purchases, buyers
    is_listed = found.items >= 0
    listed = {
        "source_code": np.repeat(sources, limits.max_targets + 1)[is_listed],
        "target_code": found.items[is_listed],
        "n_target": found.counts[is_listed],
        "weight": found.weights[is_listed],
    }
    others = {"source_code": sources, "n_target": found.other_counts, "weight": found.other_weights}
    totals = {
        "source_code": sources,
        "n_viewers": viewed["n_viewers"],
        "n_buyers": buyer_counts,
    }
    engine.load("source_totals", pa.table(totals))
    engine.load("bought_targets", pa.table(listed))
    engine.load("other_targets", pa.table(others))


def _purchases(engine: Engine) -> "Purchases":
    """Return the purchases of buying visitors, by place of the visitor and time."""
    from pipeline.mining.kernels.targets import Purchases

    kinds = {"place": "int32", "ordered_at": "int64", "item_code": "int32"}
    places, times, items = read_columns(engine, sql_of("placed_purchases"), kinds)
    order = np.argsort(times)
    order = order[order_of(places[order])]
    begins = np.searchsorted(places[order], np.arange(engine.count("buying_visitors") + 1))
    return Purchases(begins, times[order], items[order])


def _buyers(engine: Engine, purchases: "Purchases", sources: Int32s) -> "Buyers":
    """Return the first views that a purchase follows inside the horizon, put together by source."""
    from pipeline.mining.kernels.targets import Buyers, FirstViews, find_purchases

    kinds = {"item_code": "int32", "place": "int32", "first_at": "int64", "horizon_end": "int64"}
    items, *columns = read_columns(engine, sql_of("placed_views"), kinds)
    order = order_of(columns[0])
    items, views = items[order], FirstViews(*(column[order] for column in columns))
    del columns
    found = find_purchases(views, purchases)
    buyers = np.flatnonzero(found[0] < found[2])
    buyers = buyers[order_of(items[buyers])]
    begins = np.append(np.searchsorted(items[buyers], sources), len(buyers))
    return Buyers(begins, *(places[buyers] for places in found))


def _id_places(engine: Engine) -> Int32s:
    """Return the place of each item code in the order of item ids."""
    ids = engine.fetch("items").sort_by("item_code")["item_id"]
    places = np.empty(len(ids), np.int32)
    places[pc.sort_indices(ids).to_numpy()] = np.arange(len(ids), dtype=np.int32)
    return places
