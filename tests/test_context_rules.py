"""Rules inside a part of the orders and outside: a published paradox, hand-worked tests, oracle."""

import math
import random
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pipeline.config.context_options import Context
from pipeline.config.customer_options import Rfm
from pipeline.config.mining_options import Mining
from pipeline.mining.context_rules import ContextSummary, Surroundings, build_context_rules
from pipeline.mining.contexts import hour_bands, is_weekend, local_hours
from pipeline.mining.rfm import build_rfm_segments
from pipeline.mining.rules import build_rules
from pipeline.mining.window import Window
from pipeline.names import CONTEXT_RULES
from tests.shops import SaleLine, Shop, drawn_sales, load_shop, rows_of, shop_engine, shops
from tests.tables import DAY

WINDOW = Window(0, 20 * DAY)
MINING = Mining(
    min_support=None,
    min_count=1,
    min_confidence=0.0,
    max_itemset_size=2,
    max_q_value=None,
    only_productive=False,
    min_customers=0,
)
EVERY: dict[str, Any] = {"min_item_count": 1, "max_q_value": 1.0, "min_customers": 1}
Attributes = Mapping[str, Mapping[str, str]]
"""Name: order: value."""


def build_table(
    shop: Shop, options: Context, attributes: Attributes, zone: str = "UTC", **mining: Any
) -> ContextSummary:
    """Build rules, segments and `context_rules` from a shop."""
    engine, wanted = shop_engine(), MINING.model_copy(update=mining)
    load_shop(engine, shop)
    orders = sorted({line.order for line in shop.sale_lines})
    columns: dict[str, Any] = {"order_code": pa.array(range(len(orders)), pa.int64())}
    for place, values in enumerate(attributes.values()):
        columns[f"attribute_{place}"] = pa.array([values.get(o) for o in orders], pa.string())
    engine.load("order_attributes", pa.table(columns))
    build_rules(engine, wanted, WINDOW, "sku")
    build_rfm_segments(engine, Rfm(), WINDOW)
    given = Surroundings(list(attributes), zone, wanted.max_basket_items)
    return build_context_rules(engine, options, WINDOW, "sku", given=given)


def orders_of(cells: Mapping[str, tuple[int, int, int, int]]) -> tuple[Shop, Attributes]:
    """Return orders by part: so many with A and B, with A, with B, and with neither."""
    lines, parts = [], {}
    for part, counts in cells.items():
        for items, count in zip(("ABX", "AX", "BX", "X"), counts, strict=True):
            for number in range(count):
                order = f"{part} {items} {number}"
                parts[order] = part
                lines += [SaleLine(order, order, item, DAY) for item in items]
    return Shop(tuple(lines)), {"part": parts}


def rows(*columns: str, antecedent: str = "A", consequent: str = "B") -> list[tuple[Any, ...]]:
    """Return columns of the rule A -> B, sorted."""
    found = shop_engine().fetch("context_rules").to_pylist()
    return sorted(
        tuple(row[name] for name in columns)
        for row in found
        if (row["antecedent"], row["consequent"]) == ([antecedent], [consequent])
    )


# Success of two treatments of kidney stones (Charig and others, 1986): of open surgery (A) small
# stones were cured (B) in 81 of 87 cases and large ones in 192 of 263, of the other treatment in
# 234 of 270 and 55 of 80: better for either size, worse over all.
STONES = {"large": (192, 71, 55, 25), "small": (81, 6, 234, 36)}


def test_the_paradox_of_the_kidney_stones_is_flagged() -> None:
    build_table(*orders_of(STONES)[:1], Context(by=["part"], **EVERY), orders_of(STONES)[1])
    columns = ("value", "joint_count", "antecedent_count", "consequent_count", "basket_count")
    assert [("large", 192, 263, 247, 343), ("small", 81, 87, 315, 357)] == rows(*columns)
    assert [True, True] == [flag for (flag,) in rows("is_simpson")]
    ratios = rows("log_odds_ratio", "outside_log_odds_ratio")
    assert all(inside > 0 and outside > 0 for inside, outside in ratios)


def test_without_the_paradox_nothing_is_flagged() -> None:
    shop, parts = orders_of({**STONES, "small": (81, 6, 23, 36)})
    build_table(shop, Context(by=["part"], **EVERY), parts)
    assert [False, False] == [flag for (flag,) in rows("is_simpson")]


def test_one_part_by_hand() -> None:
    """Inside 3, 1, 1, 5: ln(3.5 x 5.5 / 1.5²); outside 1, 3, 3, 3: ln(1.5 x 3.5 / 3.5²)."""
    shop, parts = orders_of({"in": (3, 1, 1, 5), "out": (1, 3, 3, 3)})
    build_table(shop, Context(by=["part"], **EVERY), parts)
    inside, outside = math.log(3.5 * 5.5 / 1.5**2), math.log(1.5 * 3.5 / 3.5**2)
    error = math.sqrt(1 / 3.5 + 1 / 1.5 + 1 / 1.5 + 1 / 5.5 + 1 / 1.5 + 3 / 3.5)
    z = (inside - outside) / error
    expected = [
        ("in", inside, outside, inside - outside, z, 2 * stats.norm.sf(z)),
        ("out", outside, inside, outside - inside, -z, 2 * stats.norm.sf(z)),
    ]
    columns = ("log_odds_ratio", "outside_log_odds_ratio", "difference", "z_score", "p_value")
    actual = rows("value", *columns)
    assert [row[0] for row in expected] == [row[0] for row in actual]
    assert [pytest.approx(row[1:]) for row in expected] == [row[1:] for row in actual]
    confidences = rows("value", "confidence", "outside_confidence", "lift", "outside_lift")
    assert [("in", 0.75, 0.25, 1.875, 0.625), ("out", 0.25, 0.75, 0.625, 1.875)] == confidences


def test_q_values_are_those_of_scipy_over_all_tests_of_all_contexts() -> None:
    """A pair is one test, whichever of its rules are published; a rule has its pair's q-value."""
    shop, parts = orders_of({"a": (9, 1, 2, 9), "b": (3, 5, 4, 3), "c": (2, 2, 2, 2)})
    odd = {order: str(place % 2) for place, order in enumerate(parts["part"])}
    build_table(shop, Context(by=["part", "odd"], **EVERY), {**parts, "odd": odd})
    found = shop_engine().fetch("context_rules").to_pylist()
    tests = {
        (row["context"], row["value"], *sorted(row["antecedent"] + row["consequent"])): row
        for row in found
    }
    assert len(found) == 2 * len(tests)
    expected = stats.false_discovery_control([row["p_value"] for row in tests.values()])
    assert pytest.approx(list(expected)) == [row["q_value"] for row in tests.values()]


def test_orders_of_unknown_parts_are_neither_inside_nor_outside() -> None:
    shop, parts = orders_of({"in": (3, 1, 1, 5), "out": (1, 3, 3, 3), "no": (7, 7, 7, 7)})
    known = {order: part for order, part in parts["part"].items() if part != "no"}
    build_table(shop, Context(by=["part"], **EVERY), {"part": known})
    assert [("in", 10, 10), ("out", 10, 10)] == rows(
        "value", "basket_count", "outside_basket_count"
    )


def test_parts_beyond_the_largest_are_outside_only() -> None:
    shop, parts = orders_of({"a": (4, 4, 4, 4), "b": (3, 3, 3, 3), "c": (2, 2, 2, 2)})
    build_table(shop, Context(by=["part"], max_values=2, **EVERY), parts)
    assert [("a", 16, 20), ("b", 12, 24)] == rows("value", "basket_count", "outside_basket_count")


def test_both_items_must_be_in_enough_orders_inside_and_outside() -> None:
    shop, parts = orders_of({"a": (4, 0, 2, 9), "b": (5, 1, 1, 9), "c": (3, 0, 9, 9)})
    build_table(shop, Context(by=["part"], **{**EVERY, "min_item_count": 4}), parts)
    assert [("a",), ("b",)] == rows("value")


def test_the_stronger_side_needs_enough_customers() -> None:
    """Ann alone makes the part strong; the other side is weaker, so nobody asks who is there."""
    shop, parts = orders_of({"in": (9, 1, 1, 9), "out": (1, 9, 9, 1)})
    lines = tuple(
        line if line.order.startswith("out") else SaleLine(line.order, "ann", line.item, line.at)
        for line in shop.sale_lines
    )
    for least, expected in ((1, [("in", 1, 1), ("out", 1, 1)]), (2, [])):
        options = Context(by=["part"], **{**EVERY, "min_customers": least})
        build_table(Shop(lines), options, parts)
        assert expected == rows("value", "customer_count", "outside_customer_count")


def test_a_customer_of_both_sides_counts_on_both() -> None:
    """Ann bought A and B inside and outside, Bob inside, Cid outside."""
    sales = drawn_sales("""
        order | customer | item | at
        1     | ann      | A    | 1d
        1     | ann      | B    | 1d
        2     | ann      | A    | 2d
        2     | ann      | B    | 2d
        3     | bob      | A    | 1d
        3     | bob      | B    | 1d
        4     | cid      | A    | 2d
        4     | cid      | B    | 2d
    """)
    parts = {"part": {"1": "in", "2": "out", "3": "in", "4": "out"}}
    build_table(Shop(sales), Context(by=["part"], **EVERY), parts)
    columns = ("value", "joint_count", "customer_count", "outside_customer_count")
    assert [("in", 2, 2, 2), ("out", 2, 2, 2)] == rows(*columns)


def test_without_customers_their_counts_are_null_and_ask_nothing() -> None:
    shop, parts = orders_of({"in": (9, 1, 1, 9), "out": (1, 9, 9, 1)})
    lines = tuple(SaleLine(line.order, None, line.item, line.at) for line in shop.sale_lines)
    build_table(Shop(lines), Context(by=["part"], **{**EVERY, "min_customers": 5}), parts)
    assert [("in", None, None), ("out", None, None)] == rows(
        "value", "customer_count", "outside_customer_count"
    )


def test_only_clear_differences_are_kept_and_the_clearest_is_first() -> None:
    shop, parts = orders_of({"in": (40, 5, 5, 40), "out": (20, 20, 20, 20), "more": (9, 9, 9, 9)})
    summary = build_table(shop, Context(by=["part"], min_item_count=1), parts)
    found = shop_engine().fetch("context_rules").sort_by("rank").to_pylist()
    assert {"in", "out"} <= {row["value"] for row in found}
    assert all(row["q_value"] <= 0.05 for row in found)
    assert sorted((abs(row["z_score"]) for row in found), reverse=True) == [
        abs(row["z_score"]) for row in found
    ]
    assert list(range(1, len(found) + 1)) == [row["rank"] for row in found]
    assert summary.row_count == len(found) < 2 * summary.test_count


def test_rules_beyond_the_limit_are_left_out_and_counted() -> None:
    shop, parts = orders_of({"in": (9, 1, 1, 9), "out": (1, 9, 9, 1)})
    summary = build_table(shop, Context(by=["part"], max_rules=1, **EVERY), parts)
    assert (1, 5) == (summary.rule_count, summary.left_out_rule_count)


def test_without_rules_there_are_no_rows() -> None:
    summary = build_table(Shop(), Context(by=["weekend", "hour", "segment"]), {})
    assert ContextSummary(0, 0, 0, 0, 0, 0) == summary


def test_columns_are_those_of_the_published_table() -> None:
    build_table(Shop(), Context(by=["weekend"]), {})
    assert CONTEXT_RULES.column_names == tuple(shop_engine().fetch("context_rules").column_names)


def test_weekends_are_saturdays_and_sundays() -> None:
    days = range(-400, 400)
    expected = [
        datetime.fromtimestamp(day * 86400, ZoneInfo("UTC")).strftime("%a") in {"Sat", "Sun"}
        for day in days
    ]
    assert expected == is_weekend(np.array(days)).astype(bool).tolist()


@pytest.mark.parametrize(
    ("starts", "bands"),
    [
        ([0, 12], ["00-12", "00-12", "12-24"]),
        ([6], ["06-06", "06-06", "06-06"]),
        ([2, 9], ["09-02", "02-09", "09-02"]),
    ],
)
def test_bands_of_hours(starts: list[int], bands: list[str]) -> None:
    assert bands == hour_bands(np.array([0, 8, 23]), starts).to_pylist()


@given(
    st.lists(st.integers(2 * 365 * DAY + 6 * DAY, 80 * 365 * DAY), min_size=1),
    st.sampled_from(["Europe/London", "America/St_Johns", "Asia/Kathmandu", "Africa/Monrovia"]),
)
def test_hours_are_those_of_the_clock(instants: list[int], zone: str) -> None:
    clock = ZoneInfo(zone)
    expected = [datetime.fromtimestamp(at // 1_000_000, clock).hour for at in instants]
    assert expected == local_hours(np.array(instants), zone).tolist()


def test_weekend_hour_and_segment_part_the_orders() -> None:
    """1970-01-01 was a Thursday: day 2 is a Saturday; noon in Kolkata is 06:30 in UTC."""
    sales = drawn_sales("""
        order | customer | item | at
        1     | ann      | A    | 2d+7h
        1     | ann      | B    | 2d+7h
        2     | ann      | A    | 4d+6h
        2     | ann      | B    | 4d+6h
        3     | bob      | A    | 4d+7h
        4     | bob      | B    | 9d+6h
    """)
    options = Context(by=["weekend", "hour", "segment"], hour_bands=[0, 12], **EVERY)
    build_table(Shop(sales), options, {}, "Asia/Kolkata")
    shown = ("context", "value", "joint_count", "antecedent_count", "basket_count")
    expected = [
        ("hour", "00-12", 1, 1, 2),
        ("hour", "12-24", 1, 2, 2),
        ("segment", "about_to_sleep", 0, 1, 2),
        ("segment", "hibernating", 2, 2, 2),
        ("weekend", "weekday", 1, 2, 2),
        ("weekend", "weekend", 1, 1, 2),
    ]
    assert expected == rows(*shown)


def test_the_order_of_sale_lines_does_not_matter() -> None:
    shop, parts = orders_of({"in": (5, 1, 2, 3), "out": (1, 3, 3, 3)})
    build_table(shop, Context(by=["part", "weekend"], **EVERY), parts)
    expected = shop_engine().fetch("context_rules").sort_by("rank")
    shuffled = tuple(random.Random(1).sample(shop.sale_lines, len(shop.sale_lines)))  # noqa: S311
    build_table(Shop(shuffled), Context(by=["part", "weekend"], **EVERY), parts)
    assert expected.equals(shop_engine().fetch("context_rules").sort_by("rank"))


@given(
    shop=shops(),
    stores=st.lists(st.sampled_from(["s1", "s2", "s3", None]), min_size=14, max_size=14),
    options=st.builds(
        Context,
        by=st.just(["store", "weekend", "hour", "segment"]),
        max_values=st.integers(1, 3),
        min_item_count=st.integers(1, 3),
        min_customers=st.integers(1, 2),
        max_q_value=st.sampled_from([0.5, 1.0]),
    ),
    max_basket_items=st.integers(2, 5),
)
def test_random_shops_agree_with_the_oracle(
    shop: Shop, stores: list[str | None], options: Context, max_basket_items: int
) -> None:
    orders = sorted({line.order for line in shop.sale_lines})
    known = {order: store for order, store in zip(orders, stores, strict=False) if store}
    build_table(shop, options, {"store": known}, max_basket_items=max_basket_items)
    segments = dict(rows_of(shop_engine(), "rfm_segments", "customer_id", "segment"))
    rules = [
        (row["antecedent"][0], row["consequent"][0])
        for row in shop_engine().fetch("association_rules").sort_by("rank").to_pylist()
    ]
    kept = {
        order: lines
        for order in orders
        if (lines := [line for line in shop.sale_lines if line.order == order])
        and all(WINDOW.start <= line.at < WINDOW.end for line in lines)
        and len({line.item for line in lines}) <= max_basket_items
    }
    days = {order: lines[0].at // DAY % 7 for order, lines in kept.items()}
    contexts: dict[str, dict[str, str | None]] = {
        "store": {order: known.get(order) for order in kept},
        "weekend": {o: "weekend" if day in {2, 3} else "weekday" for o, day in days.items()},
        "hour": {o: "12-18" if lines[0].at % DAY else "00-06" for o, lines in kept.items()},
        "segment": {o: segments.get(str(lines[0].customer)) for o, lines in kept.items()},
    }
    expected = list(_oracle(kept, contexts, rules, options))
    actual = shop_engine().fetch("context_rules").sort_by("rank").to_pylist()
    assert len(expected) == len(actual)
    key = ("context", "value", "antecedent", "consequent")
    by_key = {tuple(map(str, (row[name] for name in key))): row for row in actual}
    for row in expected:
        found = by_key[tuple(map(str, (row[name] for name in key)))]
        for name, value in row.items():
            assert (pytest.approx(value) if isinstance(value, float) else value) == found[name]


def _oracle(
    orders: Mapping[str, list[SaleLine]],
    contexts: Mapping[str, Mapping[str, str | None]],
    rules: list[tuple[str, str]],
    options: Context,
) -> Iterator[dict[str, Any]]:
    """Yield the rows of `context_rules` in plain Python, without rank."""
    tests: dict[tuple[str, str, frozenset[str]], dict[str, Any]] = {}
    for (name, values), pair in product(contexts.items(), {frozenset(rule) for rule in rules}):
        known = {order: value for order, value in values.items() if value is not None}
        sizes = {value: list(known.values()).count(value) for value in known.values()}
        told = sorted(sizes, key=lambda value: (-sizes[value], value))[: options.max_values]
        found = {}
        for value in told:
            inside = [order for order in known if known[order] == value]
            outside = [order for order in known if known[order] != value]
            sides = [_cells(orders, part, pair) for part in (inside, outside)]
            if all(min(a + b, a + c) >= options.min_item_count for a, b, c, _ in sides):
                found[value] = (inside, outside, sides)
        signs = {_sign(_log_odds(sides[0])) for *_, sides in found.values()}
        overall = _sign(_log_odds(_cells(orders, known, pair)))
        is_simpson = len(found) >= 2 and overall != 0 and signs == {-overall}
        for value, (inside, outside, sides) in found.items():
            errors = sum(1 / (cell + 0.5) for cells in sides for cell in cells)
            z = (_log_odds(sides[0]) - _log_odds(sides[1])) / math.sqrt(errors)
            people = [_people(orders, part, pair) for part in (inside, outside)]
            tests[name, value, pair] = {
                "inside": inside, "outside": outside, "z_score": z, "people": people,
                "p_value": 2 * stats.norm.sf(abs(z)), "is_simpson": is_simpson,
            }  # fmt: skip
    ordered = sorted(tests.values(), key=lambda test: test["p_value"], reverse=True)
    least = 1.0
    for place, test in enumerate(ordered):
        least = min(least, test["p_value"] * len(ordered) / (len(ordered) - place))
        test["q_value"] = least
    is_known = any(line.customer for lines in orders.values() for line in lines)
    for (name, value, pair), test in tests.items():
        behind = test["people"][0 if test["z_score"] > 0 else 1]
        is_clear = test["q_value"] <= options.max_q_value and (
            not is_known or behind >= options.min_customers
        )
        for left, right in rules:
            if {left, right} == pair and (is_clear or test["is_simpson"]):
                yield {
                    "context": name, "value": value, "antecedent": [left], "consequent": [right],
                    "joint_count": _holding(orders, test["inside"], left, right),
                    "antecedent_count": _holding(orders, test["inside"], left),
                    "consequent_count": _holding(orders, test["inside"], right),
                    "basket_count": len(test["inside"]),
                    "outside_joint_count": _holding(orders, test["outside"], left, right),
                    "outside_antecedent_count": _holding(orders, test["outside"], left),
                    "outside_consequent_count": _holding(orders, test["outside"], right),
                    "outside_basket_count": len(test["outside"]),
                    "customer_count": test["people"][0] if is_known else None,
                    "outside_customer_count": test["people"][1] if is_known else None,
                    **{key: test[key] for key in ("z_score", "p_value", "q_value", "is_simpson")},
                }  # fmt: skip


def _holding(orders: Mapping[str, list[SaleLine]], part: Any, *items: str) -> int:
    return sum(set(items) <= {line.item for line in orders[order]} for order in part)


def _people(orders: Mapping[str, list[SaleLine]], part: Any, pair: frozenset[str]) -> int:
    holding = [orders[order] for order in part if pair <= {line.item for line in orders[order]}]
    return len({lines[0].customer for lines in holding} - {None})


def _cells(orders: Mapping[str, list[SaleLine]], part: Any, pair: frozenset[str]) -> list[int]:
    left, right = sorted(pair)
    joint = _holding(orders, part, left, right)
    only_left, only_right = (
        _holding(orders, part, left) - joint,
        _holding(orders, part, right) - joint,
    )
    return [joint, only_left, only_right, len(list(part)) - joint - only_left - only_right]


def _log_odds(cells: list[int]) -> float:
    a, b, c, d = (cell + 0.5 for cell in cells)
    return math.log(a * d / (b * c))


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)
