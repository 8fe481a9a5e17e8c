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
    from pipeline.mining.kernels.buyers import Buyers, Purchases, Views

BYTES_PER_VIEW = 32
"""What first views and purchases take in arrays for each first view."""


def load_target_counts(
    engine: Engine, values: Mapping[str, Value], placed_views: str, first_view_count: int
) -> None:
    """Build `source_totals`, `bought_targets` (the listed) and `other_targets` by a kernel.

    The rows that `listed_targets` keeps are the same as those that it keeps of all pairs, which
    the SQL files of these tables give.

    Args:
        engine: Holds `viewed_items`, `visitor_purchases`, `items` and what the views come from.
        values: `max_targets`, listed beside the source's own, and `weight_unit`.
        placed_views: The SQL file of the views of visitors who bought.
        first_view_count: Number of first views.
    """
    from pipeline.mining.kernels.targets import Limits, count_targets

    viewed = engine.fetch("viewed_items").sort_by("item_code")
    sources = viewed["item_code"].to_numpy().astype(np.int32)
    limits = Limits(int(values["max_targets"] or 0), int(values["weight_unit"] or 1))
    build(engine, "buying_visitors", values)
    with engine.room(BYTES_PER_VIEW * first_view_count):
        purchases, id_places = _purchases(engine), _id_places(engine)
        views = _views(engine, sql_of(placed_views), values)
        engine.drop("first_views")
        buyers = _buyers(views, purchases, sources, len(id_places))
        del views
        found = count_targets(buyers, purchases.items, sources, id_places, limits)
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
    from pipeline.mining.kernels.buyers import Purchases

    kinds = {"place": "int32", "ordered_at": "int64", "item_code": "int32"}
    places, times, items = read_columns(engine, sql_of("placed_purchases"), kinds)
    order = np.argsort(times)
    order = order[order_of(places[order])]
    begins = np.searchsorted(places[order], np.arange(engine.count("buying_visitors") + 1))
    return Purchases(begins, times[order], items[order])


def _views(engine: Engine, sql: str, values: Mapping[str, Value]) -> "Views":
    """Return the views of a select."""
    from pipeline.mining.kernels.buyers import Views

    kinds = {"place": "int32", "item_code": "int32", "viewed_at": "int64", "horizon_end": "int64"}
    return Views(*read_columns(engine, sql, kinds, values))


def _buyers(views: "Views", purchases: "Purchases", sources: Int32s, item_count: int) -> "Buyers":
    """Return who bought after a first view, inside its horizon, put together by source."""
    from pipeline.mining.kernels.buyers import Buyers, find_buyers

    items, *places = find_buyers(views, purchases, item_count)
    order = order_of(items)
    begins = np.append(np.searchsorted(items[order], sources), len(items))
    return Buyers(begins, *(column[order] for column in places))


def _id_places(engine: Engine) -> Int32s:
    """Return the place of each item code in the order of item ids."""
    ids = engine.fetch("items").sort_by("item_code")["item_id"]
    places = np.empty(len(ids), np.int32)
    places[pc.sort_indices(ids).to_numpy()] = np.arange(len(ids), dtype=np.int32)
    return places
