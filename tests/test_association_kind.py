"""Kinds of links: every cell of the decision table, a hand-worked shop, and the oracle."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import names
from pipeline.config.family_options import AssociationKind, BoughtNext
from pipeline.config.mining_options import AlsoBought
from pipeline.config.model import Config
from pipeline.mining.association_kind import KindSummary, build_association_kind, judge
from pipeline.mining.associations import build_also_bought
from pipeline.mining.baskets import Baskets
from pipeline.mining.bought_next import build_bought_next
from pipeline.mining.rule_customers import pair_holders
from pipeline.mining.window import Window
from pipeline.possible import reasons_against
from tests.reference_kinds import association_kind
from tests.shops import Shop, drawn_sales, load_shop, rows_of, shop_engine, shops
from tests.tables import DAY, drawn

WINDOW = Window(0, 20 * DAY)
EXACT = (
    "left_item_id", "right_item_id", "kind", "order_count", "left_order_count",
    "right_order_count", "basket_count", "joint_customer_count", "same_order_customer_count",
    "earlier_item_id", "next_customer_count", "gap_median_days", "context", "context_value",
)  # fmt: skip
MEASURES = (
    "order_lift", "order_p_value", "left_share", "right_share", "customer_lift",
    "same_order_share", "direction_p_value", "context_q_value",
)  # fmt: skip
ALSO = AlsoBought(min_item_count=1, min_pair_count=1, min_customers=1, min_lift=0, max_q_value=None)
NEXT = BoughtNext(max_gap_days=5, min_item_count=1, min_pair_count=1, min_lift=0, max_q_value=None)
_SIDES = pa.list_(pa.string())
_RULES = pa.schema(
    {
        "context": pa.string(), "value": pa.string(), "antecedent": _SIDES, "consequent": _SIDES,
        "rank": pa.int64(), "lift": pa.float64(), "difference": pa.float64(),
        "q_value": pa.float64(),
    }
)  # fmt: skip


def rule(rank: int, pair: str, part: tuple[str, str], figures: Sequence[float]) -> Any:
    """Return a row of `context_rules`, as far as kinds are read from it."""
    sides = ([pair[0]], [pair[1]])
    return dict(zip(_RULES.names, (*part, *sides, rank, *figures), strict=True))


def build_table(
    shop: Shop, options: AssociationKind, rules: Sequence[Any] = (), *, grain: Any = "customer"
) -> KindSummary:
    """Build the linking tables and the kinds from a shop."""
    engine = shop_engine()
    load_shop(engine, shop)
    also = ALSO.model_copy(update={"grain": grain})
    build_also_bought(engine, also, WINDOW, "sku")
    build_bought_next(engine, NEXT, WINDOW, "sku", as_of_day=20)
    engine.load("context_rules", pa.Table.from_pylist(list(rules), _RULES))
    tables = {"also_bought", "bought_next", "context_rules"}
    return build_association_kind(engine, options, WINDOW, "sku", given=tables)


def rows(*columns: str) -> list[tuple[Any, ...]]:
    return rows_of(shop_engine(), "association_kind", *columns)


# Every cell of the decision table: what holds, and the kind that follows.
CELLS = drawn("""
    together | attached | ordered | stronger | kind
    yes      | yes      | yes     | place    | must_go_with
    yes      | yes      | yes     | context  | must_go_with
    yes      | yes      | yes     | nothing  | must_go_with
    yes      | yes      | no      | place    | must_go_with
    yes      | yes      | no      | context  | must_go_with
    yes      | yes      | no      | nothing  | must_go_with
    yes      | no       | yes     | place    | before_after
    yes      | no       | yes     | context  | before_after
    yes      | no       | yes     | nothing  | before_after
    yes      | no       | no      | place    | place
    yes      | no       | no      | context  | context
    yes      | no       | no      | nothing  | same_scene
    no       | yes      | yes     | place    | before_after
    no       | yes      | yes     | context  | before_after
    no       | yes      | yes     | nothing  | before_after
    no       | yes      | no      | place    | place
    no       | yes      | no      | context  | context
    no       | yes      | no      | nothing  | same_audience
    no       | no       | yes     | place    | before_after
    no       | no       | yes     | context  | before_after
    no       | no       | yes     | nothing  | before_after
    no       | no       | no      | place    | place
    no       | no       | no      | context  | context
    no       | no       | no      | nothing  | same_audience
""")

TYPICAL: dict[str, Any] = {
    "left_item_id": "A", "right_item_id": "B", "order_count": 5, "left_order_count": 20,
    "right_order_count": 20, "basket_count": 200, "order_lift": 2.5, "order_p_value": 0.01,
    "left_share": 0.25, "right_share": 0.25, "joint_customer_count": 10, "customer_lift": 2.0,
    "same_order_customer_count": 5, "same_order_share": 0.5, "earlier_item_id": "A",
    "next_customer_count": 9, "gap_median_days": 7, "direction_p_value": 0.05,
    "context": None, "context_value": None, "context_q_value": None, "is_place": None,
}  # fmt: skip
"""Evidence at the cuts: together, not attached, ordered, in no context."""
_KINDS_OF_COLUMNS: dict[str, Any] = {
    "context": pa.string(), "context_value": pa.string(), "context_q_value": pa.float64(),
    "is_place": pa.bool_(), "same_order_share": pa.float64(),
}  # fmt: skip


def kind_of(**changes: Any) -> str:
    """Return the kind that follows from evidence."""
    evidence = {**TYPICAL, **changes}
    columns = {
        name: pa.array([value], _KINDS_OF_COLUMNS.get(name)) for name, value in evidence.items()
    }
    shop_engine().load("kind_evidence", pa.table(columns))
    assert 1 == judge(shop_engine(), AssociationKind(), WINDOW, "sku").row_count
    ((kind,),) = rows("kind")
    return str(kind)


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: "-".join(map(str, cell.values())))
def test_every_cell_of_the_decision_table_gives_its_kind(cell: dict[str, Any]) -> None:
    changes: dict[str, Any] = {}
    if cell["together"] == "no":
        changes |= {"order_count": 4}
    if cell["attached"] == "yes":
        changes |= {"right_share": 0.5}
    if cell["ordered"] == "no":
        changes |= {"direction_p_value": 0.06}
    if cell["stronger"] != "nothing":
        is_place = cell["stronger"] == "place"
        changes |= {"context": "any", "context_value": "x", "is_place": is_place}
    assert cell["kind"] == kind_of(**changes)


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("before_after", {}),
        ("same_scene", {"same_order_share": 0.51}),
        ("same_scene", {"same_order_share": None}),
        ("same_scene", {"direction_p_value": 0.051}),
        ("must_go_with", {"left_share": 0.5}),
        ("before_after", {"left_share": 0.5, "order_lift": 1.0}),
        ("before_after", {"left_share": 0.5, "order_p_value": 0.051}),
        ("same_audience", {"direction_p_value": 1.0, "order_lift": 1.0}),
        ("same_audience", {"direction_p_value": 1.0, "order_p_value": 0.051}),
    ],
)
def test_each_condition_alone_decides(kind: str, changes: dict[str, Any]) -> None:
    assert kind == kind_of(**changes)


# Torch and battery in one order of ann's and one of bob's; ann, bob and cid buy tent then stove
# two days later; dan buys two things of one taste on one day, in two orders.
CAMP = Shop(
    drawn_sales("""
        order | customer | item    | at
        1     | ann      | torch   | 1d
        1     | ann      | battery | 1d
        2     | bob      | torch   | 2d
        2     | bob      | battery | 2d
        3     | ann      | tent    | 3d
        4     | ann      | stove   | 5d
        5     | bob      | tent    | 3d
        6     | bob      | stove   | 5d
        7     | cid      | tent    | 3d
        8     | cid      | stove   | 5d
        9     | dan      | poem    | 4d
        10    | dan      | song    | 4d
    """)
)
CAMP_OPTIONS = AssociationKind(min_order_count=2, max_direction_p_value=0.125)


def test_a_hand_worked_shop_shows_the_evidence_of_its_kinds() -> None:
    summary = build_table(CAMP, CAMP_OPTIONS)
    found = {row[:2]: row[2:] for row in rows(*EXACT, "order_lift", "customer_lift")}
    # 2 of 10 orders hold both, each item in 2: lift 2 * 10 / 4. Customers: 2 * 4 / 4.
    torch = ("must_go_with", 2, 2, 2, 10, 2, 2, None, None, None, None, None, 5.0, 2.0)
    assert torch == found["battery", "torch"]
    # No order holds both; three customers, none in one order, all tent first: chance 1 / 8.
    tent = ("before_after", 0, 3, 3, 10, 3, 0, "tent", 3, 2, None, None, 0.0, pytest.approx(4 / 3))
    assert tent == found["stove", "tent"]
    poem = ("same_audience", 0, 1, 1, 10, 1, 0, None, None, None, None, None, 0.0, 4.0)
    assert poem == found["poem", "song"]
    assert len(found) == summary.row_count
    assert summary.row_count == sum(
        getattr(summary, name) for name in summary.__annotations__ if name != "row_count"
    )
    built = tuple(shop_engine().fetch("association_kind").column_names)
    assert names.ASSOCIATION_KIND.column_names == built


@pytest.mark.parametrize(
    ("rules", "kind", "value"),
    [
        ([("weekend", "weekend", (2.0, 1.0, 0.05))], "context", "weekend"),
        ([("store", "north", (2.0, 1.0, 0.05))], "place", "north"),
        ([("store", "n", (2, 1, 0)), ("hour", "6-12", (2, 1, 0))], "place", "n"),
        ([("store", "n", (2, -1, 0)), ("hour", "6-12", (2, 1, 0))], "context", "6-12"),
        ([("store", "north", (2.0, 1.0, 0.06))], "same_audience", None),
        ([("store", "north", (1.0, 1.0, 0.05))], "same_audience", None),
    ],
)
def test_a_part_of_the_orders_with_a_clearly_stronger_link_makes_its_context(
    rules: Any, kind: str, value: str | None
) -> None:
    shop = Shop(drawn_sales("order | customer | item | at\n1|a|S|1d\n2|a|P|1d\n3|b|Q|1d"))
    found = [rule(rank, "SP", row[:2], row[2]) for rank, row in enumerate(rules, start=1)]
    build_table(shop, AssociationKind(), found)
    assert [("P", "S", kind, value)] == rows(
        "left_item_id", "right_item_id", "kind", "context_value"
    )


def test_orders_without_customers_are_told_apart_by_orders_alone() -> None:
    sales = "\n".join(f"{n}||{item}|1d" for n in range(6) for item in "AB")
    others = "\n".join(f"{n}||C|1d" for n in range(6, 20))
    shop = Shop(drawn_sales(f"order|customer|item|at\n{sales}\n{others}"))
    load_shop(shop_engine(), shop)
    also = ALSO.model_copy(update={"grain": "order", "min_customers": 1})
    build_also_bought(shop_engine(), also, WINDOW, "sku")
    summary = build_association_kind(
        shop_engine(), AssociationKind(), WINDOW, "sku", given={"also_bought"}
    )
    assert (1, 1) == (summary.must_go_with_count, summary.row_count)
    unknown = ("joint_customer_count", "customer_lift", "same_order_customer_count")
    assert [(6, None, None, None)] == rows("order_count", *unknown)


def test_no_linking_rows_give_no_kinds() -> None:
    assert KindSummary(0, 0, 0, 0, 0, 0, 0) == build_table(Shop(), AssociationKind())


@given(
    shop=shops(),
    options=st.builds(
        AssociationKind,
        max_basket_items=st.sampled_from([3, 100]),
        min_order_count=st.integers(1, 2),
        min_order_lift=st.sampled_from([0.0, 1.0]),
        # No ratio of small counts: exactly at a limit the last digit of a p-value decides.
        max_order_p_value=st.sampled_from([0.4123, 1.0]),
        min_attached_share=st.sampled_from([0.5, 0.9]),
        max_direction_p_value=st.sampled_from([0.3, 0.6]),
        max_same_order_share=st.sampled_from([0.0, 0.5, 1.0]),
        max_context_q_value=st.sampled_from([0.05, 1.0]),
        place_contexts=st.sampled_from([["store"], []]),
    ),
    rules=st.lists(
        st.tuples(
            st.sampled_from(["AB", "BA", "BC", "DA", "DE"]),
            st.sampled_from(["store", "weekend"]),
            st.tuples(
                st.sampled_from([0.5, 2.0]), st.sampled_from([-1.0, 1.0]),
                st.sampled_from([0.01, 0.5]),
            ),
        ),
        max_size=5,
    ),
    grain=st.sampled_from(["order", "customer", "customer_day"]),
)  # fmt: skip
def test_random_shops_agree_with_the_oracle(
    shop: Shop, options: AssociationKind, rules: Any, *, grain: str
) -> None:
    found = [
        rule(n, pair, (where, "x"), how) for n, (pair, where, how) in enumerate(rules, start=1)
    ]
    summary = build_table(shop, options, found, grain=grain)
    engine = shop_engine()
    sides = ("source_item_id", "target_item_id")
    linked = {frozenset(row) for row in rows_of(engine, "also_bought", *sides)}
    nexts = engine.fetch("bought_next").to_pylist()
    expected = association_kind(
        shop, options, WINDOW, linked=linked, following=nexts, stronger=found
    )
    by_pair = sorted(
        tuple(row[name] for name in EXACT)
        + tuple(row[name] if row[name] is None else pytest.approx(row[name]) for name in MEASURES)
        for row in sorted(expected, key=lambda row: (row["left_item_id"], row["right_item_id"]))
    )
    assert by_pair == rows(*EXACT, *MEASURES)
    assert len({row[:2] for row in by_pair}) == summary.row_count


def test_pairs_of_items_in_no_basket_are_in_none() -> None:
    baskets = Baskets(np.array([0, 1], np.int32), np.array([0, 2]))
    found = pair_holders(baskets, np.array([0, 0, 2]), np.array([1, 2, 5]))
    assert [[1, 0], [0, 0], [0, 0]] == found.tolist()


@pytest.mark.parametrize(
    ("tables", "columns", "is_possible"),
    [
        (["association_kind", "also_bought"], ["customer_id", "item_id"], True),
        (["association_kind", "bought_next"], ["customer_id", "item_id"], True),
        (["association_kind", "bought_next"], ["item_id"], False),
        (["association_kind", "bought_next", "also_bought"], ["customer_id"], False),
        (["association_kind"], ["customer_id", "item_id"], False),
    ],
)
def test_kinds_need_a_table_that_links_items(
    tables: list[str], columns: list[str], *, is_possible: bool
) -> None:
    given = {name: name for name in ("order_id", "ordered_at", *columns)}
    tree = {"orders": {"columns": given}, "output": {"tables": tables}}
    reasons = reasons_against(Config.model_validate(tree))
    expected = None if is_possible else "it needs the table also_bought or bought_next"
    assert expected == reasons.get("association_kind")
