"""Sets of items to sell as one, with what speaks for them and what they may cost."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline import names
from pipeline.config.bundle_options import Bundles
from pipeline.mining.baskets import Bools, Floats, Int32s, Int64s
from pipeline.mining.proportions import wilson
from pipeline.mining.slices import slices_for
from pipeline.mining.steps import build
from pipeline.mining.window import DAY_MICROSECONDS, Window
from pipeline.serving.bundle_prices import UNITS, Prices, bundle_prices
from pipeline.serving.bundle_sets import KINDS, Sets, bundle_id, hubs_of, kinds_of, read_sets
from pipeline.serving.setting import Setting
from pipeline.serving.shelf import NONE

_CODES: Final = "select item_id, item_code from items"
_COUNTS: Final = (
    *("order_count", "main_order_count", "returned_together", "alone_count", "returned_alone"),
)
_STEPS: Final = ("bundle_items", "bundle_bought", "bundle_parts", "bundle_counts", "bundle_sold")
_ROWS_A_LINE: Final = 4
_QUANTITY: Final = 10_000


@dataclass(frozen=True)
class BundleSummary:
    """Which sets were looked at, and what became of them.

    Attributes:
        set_count: Sets that are bought together, and pairs of an item and its accessory.
        other_kind_count: Left out because their kind is not asked for.
        few_order_count: Then, because too few orders hold the whole set.
        over_cap_count: Then, because the main item has better bundles, and enough.
        row_count: Rows of the published table: the rest.
    """

    set_count: int
    other_kind_count: int
    few_order_count: int
    over_cap_count: int
    row_count: int


@dataclass(frozen=True)
class _Found:
    """The sets with what was found out about each, one value a set."""

    sets: Sets
    ids: list[list[str]]
    mains: Int32s
    kinds: Int32s
    counts: dict[str, Int64s]
    prices: Prices
    covers: Int64s


def build_bundles(
    setting: Setting, options: Bundles, window: Window, item_level: str
) -> BundleSummary:
    """Build `bundles`: from sets that are bought together to one row per bundle.

    Args:
        setting: Has the items and the files; its engine holds `sale_lines`, `returned_lines`,
            `items` and the mined tables that are given.
        options: Which kinds, and what they may cost.
        window: Orders inside it count.
        item_level: What an item is.

    Returns:
        The counts that the run summary shows.
    """
    found = _found(setting, options, window)
    is_kind = np.isin(found.kinds, [KINDS.index(kind) for kind in options.kinds])
    is_often = found.counts["order_count"] >= options.min_order_count
    is_best = _is_best(found, is_kind & is_often, options.max_bundles)
    rows = _rows(setting, found, is_best)
    fixed = {"item_level": item_level, **window.values}
    for name, value in fixed.items():
        rows[name] = pa.repeat(pa.scalar(value), int(is_best.sum()))
    table = pa.table(
        [rows[name] for name in names.BUNDLES.column_names], names.BUNDLES.column_names
    )
    setting.engine.load("bundles", table)
    setting.engine.drop(*_STEPS)
    return BundleSummary(
        len(is_kind),
        int((~is_kind).sum()),
        int((is_kind & ~is_often).sum()),
        int((is_kind & is_often & ~is_best).sum()),
        table.num_rows,
    )


def _found(setting: Setting, options: Bundles, window: Window) -> _Found:
    shelf, sets = setting.shelf, read_sets(setting)
    is_hub = hubs_of(setting, sets)
    mains = sets.mains(shelf, is_hub)
    _load_items(setting, sets, mains)
    days, values = (window.end - window.start) // DAY_MICROSECONDS, window.values
    build(setting.engine, "bundle_bought", values)
    lines = setting.engine.count("bundle_bought")
    build(setting.engine, "bundle_parts", values, slices_for(lines * _ROWS_A_LINE))
    for table in ("bundle_counts", "bundle_sold"):
        build(setting.engine, table, values)
    return _Found(
        sets=sets,
        ids=sets.ids(shelf),
        mains=mains,
        kinds=kinds_of(setting, sets, mains, is_hub),
        counts=_counts(setting, len(sets)),
        prices=bundle_prices(shelf, sets, options),
        covers=_covers(setting, sets, days),
    )


def _load_items(setting: Setting, sets: Sets, mains: Int32s) -> None:
    """Load `bundle_items`: one row per set and item of it."""
    batches = list(setting.engine.batches(_CODES))
    ids = pa.chunked_array([batch["item_id"] for batch in batches], pa.string())
    codes = pa.chunked_array([batch["item_code"] for batch in batches], pa.int32())
    places = pc.index_in(pa.array(setting.shelf.item_ids, pa.string()), value_set=ids)
    of_shelf = codes.take(places).to_numpy()
    columns = {
        "bundle_code": sets.rows,
        "item_code": of_shelf[sets.items],
        "is_main": sets.items == mains[sets.rows],
        "bundle_size": sets.sizes[sets.rows],
    }
    setting.engine.load("bundle_items", pa.table(columns))


def _counts(setting: Setting, set_count: int) -> dict[str, Int64s]:
    """Return the counts of each set; 0 where no order holds a part of it."""
    rows = setting.engine.fetch("bundle_counts")
    counts = {name: np.zeros(set_count, np.int64) for name in _COUNTS}
    for name, values in counts.items():
        values[rows["bundle_code"].to_numpy()] = rows[name].to_numpy()
    return counts


def _covers(setting: Setting, sets: Sets, days: int) -> Int64s:
    """Return the days that the first of a set's items lasts, NONE where one is not known.

    Args:
        setting: Its engine holds `bundle_sold`.
        sets: The sets.
        days: Days in which so much was sold.
    """
    rows, shelf = setting.engine.fetch("bundle_sold"), setting.shelf
    sold = np.zeros(len(shelf), np.int64)
    sold[shelf.numbers_of(rows["item_id"])] = rows["quantity"].to_numpy()
    is_known = (shelf.stocks != NONE) & (sold > 0)
    covers = np.where(is_known, shelf.stocks * days * _QUANTITY // np.maximum(sold, 1), NONE)
    least = np.full(len(sets), np.iinfo(np.int64).max)
    np.minimum.at(least, sets.rows, covers[sets.items])
    return least


def _is_best(found: _Found, is_candidate: Bools, most: int) -> Bools:
    """Return which candidates are kept: of each main item those in most orders, then by ids."""
    places = np.zeros(len(found.ids), np.int64)
    places[sorted(range(len(found.ids)), key=found.ids.__getitem__)] = np.arange(len(found.ids))
    order = np.lexsort((places, -found.counts["order_count"], found.mains))
    order = order[is_candidate[order]]
    mains = found.mains[order]
    ranks = np.arange(len(order)) - np.searchsorted(mains, mains)
    kept = np.zeros(len(found.ids), np.bool_)
    kept[order[ranks < most]] = True
    return kept


def _rows(setting: Setting, found: _Found, kept: Bools) -> dict[str, Any]:
    """Return the columns of the published table that are not the same in every row."""
    places = np.flatnonzero(kept)
    ids = [found.ids[place] for place in places.tolist()]
    counts = {name: values[places] for name, values in found.counts.items()}
    orders, mains = counts["order_count"], counts["main_order_count"]
    low, high = wilson(orders, mains)
    sizes = found.sets.sizes[places]
    sums, costs, suggested = (
        values[places] for values in (found.prices.sums, found.prices.costs, found.prices.suggested)
    )
    tables = np.where(found.sets.is_mined[places], "frequently_bought_together", "also_bought")
    main_ids = [setting.shelf.item_ids[main] for main in found.mains[places].tolist()]
    return {
        "bundle_id": pa.array([bundle_id(one) for one in ids], pa.string()),
        "items": pa.array(ids, pa.list_(pa.string())),
        "item_count": sizes,
        "main_item_id": pa.array(main_ids, pa.string()),
        "kind": pa.array([KINDS[kind] for kind in found.kinds[places].tolist()], pa.string()),
        "evidence": pa.array(tables.tolist(), pa.string()),
        "order_count": orders,
        "main_order_count": mains,
        "attach_rate": orders / mains,
        "attach_rate_low": low,
        "attach_rate_high": high,
        "refund_rate_together": counts["returned_together"] / (orders * sizes),
        "refund_rate_alone": _share(counts["returned_alone"], counts["alone_count"]),
        "price_sum": _money(sums),
        "suggested_price": _money(suggested),
        "cost_sum": _money(costs),
        "margin": _margin(suggested, costs),
        "stock_cover_days": pa.array(found.covers[places], mask=found.covers[places] == NONE),
    }


def _share(parts: Int64s, wholes: Int64s) -> pa.Array:
    """Return parts / wholes, NULL where there is no whole."""
    return pa.array(parts / np.maximum(wholes, 1), mask=wholes == 0)


def _money(units: Int64s) -> pa.Array:
    return pa.array(units / UNITS, mask=units == NONE)


def _margin(prices: Int64s, costs: Int64s) -> pa.Array:
    """Return the share of each price above the cost, NULL where one is not known or 0."""
    is_unknown = (prices <= 0) | (costs == NONE)
    shares: Floats = (prices - costs) / np.where(is_unknown, 1, prices)
    return pa.array(shares, mask=is_unknown)
