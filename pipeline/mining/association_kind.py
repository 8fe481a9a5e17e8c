"""What kind of link two items have: one scene, one audience, one after the other ..."""

from collections import Counter
from collections.abc import Container
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.config.family_options import AssociationKind
from pipeline.engine import Engine, Value
from pipeline.mining.kind_counts import Pairs, count_kinds
from pipeline.mining.steps import build
from pipeline.mining.window import Window

_KINDS = "select kind, count(*) as row_count from association_kind group by kind"
_LINKS = {"left_item_id": pa.string(), "right_item_id": pa.string()}
_GAPS = {
    **_LINKS,
    "earlier_item_id": pa.string(),
    "next_customer_count": pa.int64(),
    "gap_median_days": pa.int64(),
    "direction_p_value": pa.float64(),
}
_CONTEXTS = {
    **_LINKS,
    "context": pa.string(),
    "context_value": pa.string(),
    "context_q_value": pa.float64(),
    "is_place": pa.bool_(),
}


@dataclass(frozen=True)
class KindSummary:
    """How many pairs have a link of which kind.

    Attributes:
        must_go_with_count: Pairs of which one item is rarely bought without the other.
        before_after_count: Pairs of which one item is bought on a later day.
        place_count: Pairs with a stronger link in some place.
        context_count: Pairs with a stronger link at some time or for some people.
        same_scene_count: Other pairs that are bought in one order.
        same_audience_count: Pairs that the same customers buy, in different orders.
        row_count: Rows of the published table: all of them.
    """

    must_go_with_count: int
    before_after_count: int
    place_count: int
    context_count: int
    same_scene_count: int
    same_audience_count: int
    row_count: int


def build_association_kind(
    engine: Engine,
    options: AssociationKind,
    window: Window,
    item_level: str,
    *,
    given: Container[str],
) -> KindSummary:
    """Build `association_kind`: one row per unordered pair of items that another table links.

    Args:
        engine: Holds `sale_lines`, `items` and the given tables.
        options: Cuts of the decision table.
        window: Sale lines inside it count.
        item_level: What an item is.
        given: Which of `also_bought`, `bought_next` and `context_rules` there are.

    Returns:
        The counts that the run summary shows.
    """
    _gather(engine, options, given)
    linked = engine.fetch("kind_pairs").combine_chunks()
    engine.drop("kind_links", "kind_gaps", "kind_contexts", "kind_pairs")
    codes = (linked[name].to_numpy().astype(np.int64) for name in ("left_code", "right_code"))
    counts = count_kinds(engine, Pairs(*codes), window, options.max_basket_items)
    evidence = {name: table[name] for table in (linked, counts) for name in table.column_names}
    engine.load("kind_evidence", pa.table(evidence))
    return judge(engine, options, window, item_level)


def judge(engine: Engine, options: AssociationKind, window: Window, item_level: str) -> KindSummary:
    """Build `association_kind` from `kind_evidence` by the decision table."""
    cuts: dict[str, Value] = {
        "min_order_count": options.min_order_count,
        "min_order_lift": options.min_order_lift,
        "max_order_p_value": options.max_order_p_value,
        "min_attached_share": options.min_attached_share,
        "max_direction_p_value": options.max_direction_p_value,
        "max_same_order_share": options.max_same_order_share,
    }
    build(engine, "association_kind", {**cuts, **window.values, "item_level": item_level})
    engine.drop("kind_evidence")
    rows = (row for batch in engine.batches(_KINDS) for row in batch.to_pylist())
    kinds = Counter({row["kind"]: row["row_count"] for row in rows})
    return KindSummary(
        must_go_with_count=kinds["must_go_with"],
        before_after_count=kinds["before_after"],
        place_count=kinds["place"],
        context_count=kinds["context"],
        same_scene_count=kinds["same_scene"],
        same_audience_count=kinds["same_audience"],
        row_count=kinds.total(),
    )


def _gather(engine: Engine, options: AssociationKind, given: Container[str]) -> None:
    """Build `kind_pairs`, and what other tables say of them."""
    if "context_rules" in given:
        engine.load("context_sides", _context_sides(engine, options))
        build(engine, "kind_contexts", {"max_context_q_value": options.max_context_q_value})
        engine.drop("context_sides")
    else:
        engine.load("kind_contexts", _empty(_CONTEXTS))
    for name, source, columns in (
        ("kind_links", "also_bought", _LINKS),
        ("kind_gaps", "bought_next", _GAPS),
    ):
        if source in given:
            build(engine, name, {})
        else:
            engine.load(name, _empty(columns))
    build(engine, "kind_pairs", {})


def _context_sides(engine: Engine, options: AssociationKind) -> pa.Table:
    """Return the rules of contexts with their two items as ids, and whether each is of a place."""
    rules = engine.fetch("context_rules")
    places = pa.array(options.place_contexts, pa.string())
    names = ("context", "value", "rank", "lift", "difference", "q_value")
    return pa.table(
        {
            **{side: pc.list_flatten(rules[side]) for side in ("antecedent", "consequent")},
            **{name: rules[name] for name in names},
            "is_place": pc.is_in(rules["context"], value_set=places),
        }
    )


def _empty(columns: dict[str, pa.DataType]) -> pa.Table:
    return pa.schema(columns).empty_table()
