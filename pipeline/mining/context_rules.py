"""The same rule inside a part of the orders and outside it: weekends, stores, segments ..."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.config.context_options import Context
from pipeline.engine import Engine, Value
from pipeline.mining.baskets import Int64s
from pipeline.mining.context_counts import Holders, count_parts
from pipeline.mining.context_tests import is_kept, part_tests, with_q_values
from pipeline.mining.contexts import UNKNOWN, OrderTable, Parts, read_contexts, read_orders
from pipeline.mining.item_groups import read_item_ids
from pipeline.mining.steps import build
from pipeline.mining.window import Window

_TABLES = ("context_orders", "context_lines", "context_items", "context_pairs", "context_tests")


@dataclass(frozen=True)
class ContextSummary:
    """What went into `context_rules` and what came out.

    Attributes:
        order_count: Orders that count.
        rule_count: Rules between two items that were looked at.
        left_out_rule_count: Such rules beyond `max_rules`.
        test_count: Pairs of items times parts of contexts with enough orders.
        simpson_count: Of these, where every part is against the overall direction.
        row_count: Rows of the published table.
    """

    order_count: int
    rule_count: int
    left_out_rule_count: int
    test_count: int
    simpson_count: int
    row_count: int


@dataclass(frozen=True)
class Surroundings:
    """What the orders are cut by, beside the options.

    Attributes:
        attributes: Names of `orders.attributes`, in the order of their columns.
        zone: Time zone of the clock that decides hours.
        max_basket_items: Orders with more distinct items are left out.
    """

    attributes: Sequence[str]
    zone: str
    max_basket_items: int


@dataclass(frozen=True)
class _Pairs:
    """Rules between two items, and the pairs of items that they are about."""

    item_codes: Int64s
    items: Int64s
    rule_count: int
    left_out_rule_count: int


def build_context_rules(
    engine: Engine, options: Context, window: Window, item_level: str, *, given: Surroundings
) -> ContextSummary:
    """Build `context_rules`: from rules and orders to one row per rule and part of a context.

    Args:
        engine: Holds `sale_lines`, `items`, `customers` and `association_rules`;
            `rfm_segments` for the context `segment`, `order_attributes` for attributes.
        options: Contexts and thresholds.
        window: That of the rules.
        item_level: What an item id stands for, written to every row.
        given: What the orders are cut by.

    Returns:
        The counts that the run summary shows.
    """
    values: dict[str, Value] = {**window.values, "max_basket_items": given.max_basket_items}
    build(engine, "context_orders", values)
    orders, pairs = read_orders(engine), _load_pairs(engine, options.max_rules)
    contexts = read_contexts(engine, orders, options, attributes=given.attributes, zone=given.zone)
    tests = _tests(engine, pairs, orders, contexts, min_item_count=options.min_item_count)
    has_customers = bool((orders.customer_codes != UNKNOWN).any())
    kept = tests.filter(pa.array(is_kept(tests, options, has_customers=has_customers)))
    engine.load("context_tests", kept)
    labels: dict[str, Value] = {"item_level": item_level, "has_customers": has_customers}
    row_count = build(engine, "context_rules", {**values, **labels})
    engine.drop(*_TABLES)
    return ContextSummary(
        order_count=len(orders),
        rule_count=pairs.rule_count,
        left_out_rule_count=pairs.left_out_rule_count,
        test_count=len(tests),
        simpson_count=tests["is_simpson"].to_pylist().count(True),
        row_count=row_count,
    )


def _tests(
    engine: Engine,
    pairs: _Pairs,
    orders: OrderTable,
    contexts: Sequence[Parts],
    *,
    min_item_count: int,
) -> pa.Table:
    """Return the tests of all pairs in all contexts, with q-values over all of them."""
    holders = _read_holders(engine, pairs.item_codes)
    known = orders.customer_codes != UNKNOWN
    people = np.where(known, np.unique(orders.customer_codes, return_inverse=True)[1], UNKNOWN)
    counted = count_parts(pairs.items, holders, contexts, people)
    tests = [
        part_tests(pairs.items, counts, parts, min_item_count)
        for counts, parts in zip(counted, contexts, strict=True)
    ]
    return with_q_values(pa.concat_tables(tests).combine_chunks())


def _load_pairs(engine: Engine, max_rules: int) -> _Pairs:
    """Load `context_pairs`: one row per rule between two items, with the pair it is about.

    Both directions of a pair are one test.
    """
    rules = engine.fetch("association_rules")
    is_single = [
        pc.equal(pc.list_value_length(rules[side]), 1) for side in ("antecedent", "consequent")
    ]
    single = rules.filter(pc.and_(*is_single)).sort_by("rank")
    kept = single.slice(0, max_rules)
    item_ids = read_item_ids(engine)  # by item code, so that places are codes
    sides = [
        pc.index_in(pc.list_flatten(kept[side]), value_set=item_ids).to_numpy()
        for side in ("antecedent", "consequent")
    ]
    item_codes, places = np.unique(np.stack(sides, axis=1), return_inverse=True)
    places = places.reshape(-1, 2)
    items, pair_rows = np.unique(np.sort(places, axis=1), axis=0, return_inverse=True)
    columns: Mapping[str, object] = {
        **{name: kept[name] for name in ("rule_id", "antecedent", "consequent")},
        "place": np.arange(len(kept)),
        "pair": pair_rows.reshape(-1),
        "is_turned": places[:, 0] > places[:, 1],
    }
    engine.load("context_pairs", pa.table(columns))
    return _Pairs(item_codes, items, len(kept), len(single) - len(kept))


def _read_holders(engine: Engine, item_codes: Int64s) -> Holders:
    """Return the orders that hold each of some items."""
    columns = {"item_code": item_codes, "item_place": np.arange(len(item_codes))}
    engine.load("context_items", pa.table(columns))
    build(engine, "context_lines", {})
    lines = engine.fetch("context_lines").sort_by(
        [("item_place", "ascending"), ("order_place", "ascending")]
    )
    return Holders.of(
        lines["item_place"].to_numpy(), lines["order_place"].to_numpy(), len(item_codes)
    )
