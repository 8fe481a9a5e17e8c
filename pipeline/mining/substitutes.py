"""Which item people buy instead of another one: looked at together, bought by turns."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pyarrow as pa

from pipeline.config.family_options import Substitutes
from pipeline.config.mining_options import Mining
from pipeline.engine import Engine, Value
from pipeline.mining.baskets import (
    Baskets,
    Bools,
    Int32s,
    Int64s,
    distinct,
    read_baskets,
    to_offsets,
)
from pipeline.mining.columns import read_columns
from pipeline.mining.keys import packed
from pipeline.mining.rule_customers import pair_holders
from pipeline.mining.significance import p_values
from pipeline.mining.slices import slices_for
from pipeline.mining.steps import build, sql_of
from pipeline.mining.threads import thread_count
from pipeline.mining.view_then_bought import WEIGHT_UNIT, horizon_microseconds
from pipeline.mining.window import Window

_SESSION_VIEWS = "select session_code, visitor_code, item_code from session_views"
_SUBSTITUTE_PAIRS = """
select source.item_code as source_code, target.item_code as target_code
from substitutes
join items as source on source.item_id = substitutes.source_item_id
join items as target on target.item_id = substitutes.target_item_id
"""
_TABLES = (
    "viewing_visitors",
    "first_views",
    "viewed_items",
    "visitor_purchases",
    "visitor_orders",
    "last_orders",
    "source_totals",
    "switch_weights",
)


@dataclass(frozen=True)
class SubstituteSummary:
    """What went into `substitutes` and what came out.

    Attributes:
        session_count: Sessions with a view of an item.
        giant_session_count: Sessions left out because they show too many items.
        viewed_pair_count: Pairs that enough visitors viewed in one session.
        apart_pair_count: Of these, pairs in fewer orders than expected.
        row_count: Rows of the published table: directions in which enough buyers switched.
    """

    session_count: int
    giant_session_count: int
    viewed_pair_count: int
    apart_pair_count: int
    row_count: int


@dataclass(frozen=True)
class _Viewed:
    """Pairs that enough visitors viewed in one session, the smaller item code left.

    Attributes:
        left: Item codes.
        right: Item codes.
        sessions: Sessions that show both.
        visitors: Visitors of these sessions.
        session_count: Sessions with a view.
        giant_session_count: Sessions left out because they show too many items.
    """

    left: Int64s
    right: Int64s
    sessions: Int64s
    visitors: Int64s
    session_count: int
    giant_session_count: int


def build_substitutes(
    engine: Engine,
    options: Substitutes,
    window: Window,
    item_level: str,
    *,
    horizon: str,
    threads: int = 1,
) -> SubstituteSummary:
    """Build `substitutes`: from views and sale lines to one row per item and what replaces it.

    Args:
        engine: Holds `views`, `sessions`, `sale_lines`, `items` and `customers`.
        options: Thresholds.
        window: Views and sale lines inside it count.
        item_level: What an item is.
        horizon: Until when a purchase counts as what a viewer bought, as in `view_then_bought`.
        threads: Threads of the kernel; 0 takes every core.

    Returns:
        The counts that the run summary shows.
    """
    viewed = _viewed_pairs(engine, options, window, thread_count(threads))
    apart_count = engine.load("apart_pairs", _apart_pairs(engine, viewed, options, window)) // 2
    share = Fraction(str(options.min_buyer_share)).limit_denominator(10**8)
    values: dict[str, Value] = {
        **window.values,
        "item_level": item_level,
        "horizon": horizon,
        "horizon_microseconds": horizon_microseconds(horizon),
        "weight_unit": WEIGHT_UNIT,
        "share_numerator": share.numerator,
        "share_denominator": share.denominator,
        "max_targets": options.max_targets,
    }
    _build_switches(engine, values, horizon)
    row_count = build(engine, "substitutes", values)
    engine.drop("apart_pairs", *_TABLES)
    return SubstituteSummary(
        viewed.session_count,
        viewed.giant_session_count,
        len(viewed.left),
        apart_count,
        row_count,
    )


def substitute_pairs(engine: Engine) -> pa.Table:
    """Return the pairs of `substitutes` as source_code and target_code."""
    kinds = {"source_code": "int64", "target_code": "int64"}
    columns = read_columns(engine, _SUBSTITUTE_PAIRS, kinds)
    return pa.table(dict(zip(kinds, columns, strict=True)))


def _build_switches(engine: Engine, values: dict[str, Value], horizon: str) -> None:
    """Build `source_totals` and `switch_weights`: what the viewers of an item bought in the end."""
    build(engine, "viewing_visitors", values)
    kind = "session" if horizon == "session" else "days"
    slices = slices_for(engine.count("views"))
    engine.create_table("first_views", sql_of(f"first_views_{kind}"), values, slices)
    build(engine, "switch_sources", values)
    engine.rename("switch_sources", "viewed_items")
    build(engine, "visitor_purchases", values)
    build(engine, "visitor_orders", values)
    build(engine, "last_orders", values, slices)
    build(engine, "source_totals", values)
    build(engine, "switch_weights", values)


def _viewed_pairs(engine: Engine, options: Substitutes, window: Window, threads: int) -> _Viewed:
    from pipeline.mining.kernels.pairs import count_pairs

    build(engine, "session_views", window.values)
    kinds = {"session_code": "int64", "visitor_code": "int64", "item_code": "int32"}
    sessions, visitors, items = read_columns(engine, _SESSION_VIEWS, kinds)
    engine.drop("session_views")
    baskets = _sessions(sessions, items)
    is_kept = baskets.sizes <= options.max_session_items
    kept = _selected(baskets, is_kept, np.bincount(items) >= options.min_visitors)
    _, firsts = np.unique(sessions, return_index=True)
    persons = visitors[firsts][is_kept]
    found = count_pairs(
        kept.basket_offsets,
        kept.item_codes,
        persons,
        None,
        min_pair_count=options.min_visitors,
        threads=threads,
    )
    enough = found.persons >= options.min_visitors
    return _Viewed(
        *(found.left[enough].astype(np.int64), found.right[enough].astype(np.int64)),
        *(found.joint[enough], found.persons[enough]),
        session_count=int(is_kept.sum()),
        giant_session_count=int((~is_kept).sum()),
    )


def _sessions(session_codes: Int64s, items: Int32s) -> Baskets:
    """Return the items of each session, each once, sessions by code."""
    codes, rows = np.unique(session_codes, return_inverse=True)
    width = int(items.max(initial=0)) + 1
    rows, of_rows = np.divmod(distinct(packed(rows, items, width)), width)
    sizes = np.bincount(rows, minlength=len(codes))
    return Baskets(of_rows.astype(np.int32), to_offsets(sizes))


def _selected(baskets: Baskets, is_kept: Bools, is_item: Bools) -> Baskets:
    """Return some baskets with some of their items."""
    rows = np.repeat(np.arange(baskets.basket_count), baskets.sizes)
    is_line = is_kept[rows] & is_item[baskets.item_codes]
    sizes = np.bincount(rows[is_line], minlength=baskets.basket_count)[is_kept]
    return Baskets(baskets.item_codes[is_line], to_offsets(sizes))


def _apart_pairs(engine: Engine, viewed: _Viewed, options: Substitutes, window: Window) -> pa.Table:
    """Return the pairs in fewer orders than expected, both directions of each."""
    grouping = Mining(grain="order", max_basket_items=options.max_basket_items)
    orders = read_baskets(engine, grouping, window)
    width = max(int(array.max(initial=0)) for array in (viewed.right, orders.item_codes)) + 1
    singles = np.bincount(orders.item_codes, minlength=width)
    left, right, n = singles[viewed.left], singles[viewed.right], orders.basket_count
    joint = pair_holders(orders, viewed.left, viewed.right)[:, 0]
    p = p_values(left - joint, left, n - right, n) if len(joint) else np.zeros(0)
    is_apart = joint * n < left * right
    if options.max_p_value is not None:
        is_apart &= p <= options.max_p_value
    columns = {
        "session_count": viewed.sessions,
        "visitor_count": viewed.visitors,
        "order_count": joint,
        "basket_count": np.full(len(joint), n),
        "order_lift": joint * n / np.maximum(left * right, 1),
        "p_value": p,
    }
    sides = ((viewed.left, viewed.right, left, right), (viewed.right, viewed.left, right, left))
    names = ("source_code", "target_code", "source_order_count", "target_order_count")
    both = [{**dict(zip(names, side, strict=True)), **columns} for side in sides]
    return pa.concat_tables(
        pa.table({name: column[is_apart] for name, column in one.items()}) for one in both
    )
