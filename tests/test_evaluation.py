"""Evaluation: hidden items, what lists are asked, metrics, baselines and sales together."""

import json
import sys
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import bootstrap

from pipeline.__main__ import main
from pipeline.evaluation.evaluate import HiddenTest, baselines, hidden, measured
from pipeline.evaluation.lists import SuggestionList, mined_lists
from pipeline.evaluation.measures import Outcomes, hit_rate, mean_reciprocal_rank
from pipeline.io.duckdb_engine import DuckDBEngine
from tests.conftest import PROJECT
from tests.reference_evaluation import Rule, ask, baskets, hidden_item, popularity
from tests.shops import SaleLine, Shop, drawn_sales, load_shop, shop_engine, shops
from tests.tables import instant

NOON = instant("5d")
END = instant("12d")
VALUES = {"window_start": NOON, "window_end": END, "max_basket_items": 100}
SAMPLE = PROJECT / "configs" / "sample.yaml"

# Before day 5: bread 3 orders, milk 2, jam 1, tea 1. After it orders 5, 6 and 7 are tested: 8 holds
# one item.
GROCER = drawn_sales("""
    order | customer | item  | at | quantity | amount
    1     | ann      | bread | 1d | 1        | 2
    1     | ann      | milk  | 1d | 1        | 1
    2     | bob      | bread | 2d | 1        | 2
    2     | bob      | milk  | 2d | 1        | 1
    3     | bob      | bread | 3d | 1        | 2
    3     | bob      | jam   | 3d | 1        | 4
    4     | cid      | tea   | 4d | 1        | 8
    5     | ann      | bread | 5d | 1        | 2
    5     | ann      | milk  | 5d | 1        | 1
    6     | bob      | bread | 6d | 1        | 2
    6     | bob      | jam   | 6d | 1        | 4
    7     | cid      | tea   | 7d | 1        | 8
    7     | cid      | bread | 7d | 1        | 2
    8     | dan      | bread | 8d | 1        | 2
""")


def loaded(shop: Shop, returned: tuple[tuple[str, str], ...] = ()) -> DuckDBEngine:
    """Load a shop, and the lines (order, item) of which something came back."""
    engine = shop_engine()
    load_shop(engine, shop)
    orders, items = codes_of_orders(shop), {item: code for code, item in enumerate(shop.items)}
    columns = {
        "order_code": pa.array([orders[order] for order, _ in returned], pa.int64()),
        "item_code": pa.array([items[item] for _, item in returned], pa.int32()),
    }
    engine.load("returned_lines", pa.table(columns))
    return engine


def codes_of_orders(shop: Shop) -> dict[str, int]:
    """Return the code of each order: its place among all."""
    return {order: code for code, order in enumerate(sorted({s.order for s in shop.sale_lines}))}


def list_of(shop: Shop, rules: list[Rule]) -> SuggestionList:
    """Return drawn rules as a list of codes."""
    code = {item: number for number, item in enumerate(shop.items)}
    sources = [(n, code[i], len(left)) for n, (left, _) in enumerate(rules) for i in left]
    targets = [
        (n, code[item], score, rank)
        for n, (_, right) in enumerate(rules)
        for item, (score, rank) in right.items()
    ]
    return SuggestionList(
        "drawn",
        table_of(("rule", "item_code", "item_count"), sources),
        table_of(("rule", "item_code", "score", "rank"), targets),
    )


def table_of(names: tuple[str, ...], rows: Sequence[tuple[int, ...]]) -> pa.Table:
    """Return rows of integers as a table."""
    columns = zip(*rows, strict=True) if rows else [()] * len(names)
    arrays = [pa.array(list(column), pa.int64()) for column in columns]
    return pa.table(dict(zip(names, arrays, strict=True)))


def lines_of(shop: Shop) -> list[tuple[int, str, int]]:
    """Return the lines of a shop as the oracle reads them."""
    orders = codes_of_orders(shop)
    return [(orders[s.order], str(s.item), s.at) for s in shop.sale_lines]


def best_sold(shop: Shop) -> list[str]:
    """Return the items sold before the window, the best sold first."""
    counts = popularity(baskets(lines_of(shop), 0, NOON))
    return sorted(counts, key=lambda item: (-counts[item], item))


def found_by(engine: DuckDBEngine) -> dict[int, int]:
    """Return the rank of each order's hidden item, 0 where it was not suggested."""
    return {row["order_code"]: row["rank"] or 0 for row in engine.fetch("found_items").to_pylist()}


def test_one_item_of_each_order_of_two_or_more_is_hidden_by_its_digest() -> None:
    shop = Shop(GROCER)
    test = hidden(loaded(shop), {**VALUES, "top": 1})
    rows = test.engine.fetch("tested_items").to_pylist()
    found = {r["order_code"]: shop.items[r["item_code"]] for r in rows if r["is_hidden"]}
    tested = baskets(lines_of(shop), NOON, END)
    assert {order: hidden_item(order, tested[order]) for order in (4, 5, 6)} == found
    assert (3, 4, 4) == (test.order_count, test.train_order_count, test.train_item_count)


def test_scores_of_given_items_are_added_up_and_a_rule_needs_its_whole_left_side() -> None:
    shop = Shop(
        drawn_sales("""
        order | customer | item | at
        1     | ann      | A    | 5d
        1     | ann      | B    | 5d
        1     | ann      | C    | 5d
        2     | ann      | D    | 1d
        2     | ann      | E    | 1d
        """)
    )
    away = hidden_item(0, {"A", "B", "C"})
    one, two = sorted({"A", "B", "C"} - {away})
    rules: list[Rule] = [
        (frozenset({one}), {away: (2, 1), "D": (3, 1)}),
        (frozenset({two}), {away: (2, 1)}),
        (frozenset({away}), {"E": (99, 1)}),
        (frozenset({one, away}), {"E": (99, 1)}),
    ]
    engine = loaded(shop)
    done = measured(hidden(engine, {**VALUES, "top": 5}), list_of(shop, rules), is_baseline=False)
    # 2 + 2 for the hidden item beats 3 for D; E is never suggested: its rules lack an item.
    assert {0: 1} == found_by(engine)
    assert (1.0, 0.5) == (done.hit_rate.value, done.coverage)  # D of D and E


@st.composite
def asked(draw: st.DrawFn) -> tuple[Shop, list[Rule], int]:
    """Draw a shop, rules among its items, and how many suggestions are asked for."""
    shop = draw(shops().filter(lambda shop: bool(shop.items)))
    items = st.sampled_from(shop.items)
    right = st.dictionaries(items, st.tuples(st.integers(1, 5), st.integers(1, 4)), max_size=4)
    rule = st.tuples(st.frozensets(items, min_size=1, max_size=3), right)
    return shop, draw(st.lists(rule, max_size=8)), draw(st.integers(1, 4))


@given(asked())
def test_lists_find_and_show_what_the_oracle_says(drawn: tuple[Shop, list[Rule], int]) -> None:
    shop, rules, top = drawn
    tested = baskets(lines_of(shop), NOON, END)
    if all(len(items) < 2 for items in tested.values()):
        return
    best = best_sold(shop)
    expected = ask(tested, rules, best, top)
    engine = loaded(shop)
    test = hidden(engine, {**VALUES, "top": top})
    done = measured(test, list_of(shop, rules), is_baseline=False)
    assert expected.ranks == found_by(engine)
    counts = popularity(baskets(lines_of(shop), 0, NOON))
    shown = sum(n * counts[item] for item, n in expected.shown.items())
    weight = max(1, sum(expected.shown.values()) * test.train_order_count)
    assert shown / weight == done.popularity
    assert len({*expected.shown} & {*best}) / max(1, len(best)) == done.coverage
    assert full_share(rules, best, top) == done.full_list_share


def full_share(rules: list[Rule], best: list[str], top: int) -> float:
    """Return the share of the trained items with a full list, of rules with one item."""
    lists = {item: {i for left, right in rules if left == {item} for i in right} for item in best}
    return sum(len(found - {item}) >= top for item, found in lists.items()) / max(1, len(best))


def of_baselines(shop: Shop, top: int) -> dict[str, dict[str, list[str]]]:
    """Return what each baseline suggests to each test order, best first."""
    engine = loaded(shop)
    test = hidden(engine, {**VALUES, "top": top})
    return {one.name: suggestions(test, one, shop) for one in baselines(test, 1)}


def suggestions(test: HiddenTest, one: SuggestionList, shop: Shop) -> dict[str, list[str]]:
    """Return what a list suggests to each test order, best first."""
    measured(test, one, is_baseline=True)
    rows = sorted(test.engine.fetch("suggested_items").to_pylist(), key=lambda row: row["rank"])
    orders = {code: order for order, code in codes_of_orders(shop).items()}
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(orders[row["order_code"]], []).append(shop.items[row["item_code"]])
    return found


def test_the_best_sold_are_suggested_less_what_the_order_holds() -> None:
    shop = Shop(GROCER)
    codes, tested = codes_of_orders(shop), baskets(lines_of(shop), NOON, END)
    for order, suggested in of_baselines(shop, 2)["most_popular"].items():
        items = tested[codes[order]]
        kept = items - {hidden_item(codes[order], items)}
        assert [i for i in ("bread", "milk", "jam", "tea") if i not in kept][:2] == suggested


def test_pair_counts_suggest_what_stood_together_at_least_twice() -> None:
    # bread and milk stood together twice, bread and jam once.
    suggested = of_baselines(Shop(GROCER), 2)["pair_count"]
    assert {("milk",), ("bread",)} >= {tuple(items) for items in suggested.values()}
    codes, tested = codes_of_orders(Shop(GROCER)), baskets(lines_of(Shop(GROCER)), NOON, END)
    given_bread = [
        order
        for order in ("5", "6", "7")
        if hidden_item(codes[order], tested[codes[order]]) != "bread"
    ]
    assert given_bread
    assert all(suggested[order] == ["milk"] for order in given_bread)


def test_the_best_sold_of_a_category_are_suggested_where_the_catalogue_has_categories() -> None:
    shop = Shop(GROCER)
    engine = loaded(shop)
    kinds = {"bread": "food", "jam": "food", "milk": "drink", "tea": "drink"}
    items = engine.fetch("items").to_pandas()
    items["category"] = [kinds[item] for item in items["item_id"]]
    engine.load("items", pa.Table.from_pandas(items, preserve_index=False))
    test = hidden(engine, {**VALUES, "top": 2})
    found = {one.name: suggestions(test, one, shop) for one in baselines(test, 1)}
    codes, tested = codes_of_orders(shop), baskets(lines_of(shop), NOON, END)
    partner = {"bread": ["jam"], "jam": ["bread"], "milk": ["tea"], "tea": ["milk"]}
    for order in ("5", "6", "7"):
        basket = tested[codes[order]]
        (kept,) = basket - {hidden_item(codes[order], basket)}
        assert partner[kept] == found["most_popular_in_category"].get(order)


def test_a_set_suggests_its_other_items() -> None:
    shop = Shop(GROCER)
    engine = loaded(shop)
    rows = {
        "source_item_id": ["bread", "milk"],
        "items": [["bread", "jam", "milk"], ["bread", "milk"]],
        "confidence": [0.25, 0.5],
    }
    engine.load("frequently_bought_together", pa.table(rows))
    (found,) = mined_lists(engine, ["frequently_bought_together"])
    pairs = {
        (shop.items[row["source_code"]], shop.items[row["target_code"]])
        for row in found.pairs.to_pylist()
    }
    assert {("bread", "jam"), ("bread", "milk"), ("milk", "bread")} == pairs
    scores = Counter(found.targets["score"].to_pylist())
    assert {2**38: 2, 2**39: 1} == scores


def test_a_category_baseline_needs_categories() -> None:
    assert {"most_popular", "pair_count"} == set(of_baselines(Shop(GROCER), 2))


def test_sales_together_are_counted_on_the_orders_of_the_window() -> None:
    # The list says bread -> milk. Of 4 orders 4 hold bread, 1 (order 5, worth 3) milk beside it; of
    # it milk came back. The three with bread alone are worth 6, 10 and 2.
    shop = Shop(GROCER)
    test = hidden(loaded(shop, returned=(("5", "milk"),)), {**VALUES, "top": 1})
    rules: list[Rule] = [(frozenset({"bread"}), {"milk": (1, 1)})]
    together = measured(test, list_of(shop, rules), is_baseline=False).together
    assert together is not None
    assert (1 / 4, 1 / 4) == (together.cross_sell_rate, together.attach_rate)
    assert (3.0, 6.0) == (together.order_value_with_pair, together.order_value_without_pair)
    assert (1.0, 0.0) == (together.refund_rate_with_pair, together.refund_rate_without_pair)


def test_an_item_that_came_back_whole_still_counts_as_bought() -> None:
    lines = tuple(s for s in GROCER if (s.order, s.item) != ("5", "milk"))
    shop = Shop((*lines, SaleLine("9", "eve", "milk", instant("2d"), amount=Decimal(1))))
    test = hidden(loaded(shop, returned=(("5", "milk"),)), {**VALUES, "top": 1})
    rules: list[Rule] = [(frozenset({"bread"}), {"milk": (1, 1)})]
    together = measured(test, list_of(shop, rules), is_baseline=False).together
    assert together is not None
    assert 1 / 4 == together.attach_rate


def test_metrics_of_ranks_one_four_and_none() -> None:
    outcomes = Outcomes(np.array([1, 2, 3]), np.array([1, 4, 0]))
    assert 2 / 3 == hit_rate(outcomes).value
    assert (1 + 1 / 4 + 0) / 3 == mean_reciprocal_rank(outcomes).value


def test_intervals_are_those_of_scipy_where_every_customer_has_one_order() -> None:
    ranks = np.random.default_rng(1).integers(0, 4, 400)
    ours = hit_rate(Outcomes(np.arange(400), ranks))
    theirs = bootstrap(
        ((ranks > 0).astype(float),), np.mean, n_resamples=2000, method="percentile", rng=2
    ).confidence_interval
    assert (theirs.low, theirs.high) == pytest.approx((ours.low, ours.high), abs=0.01)


def test_orders_of_one_customer_widen_the_interval() -> None:
    ranks = np.repeat(np.random.default_rng(1).integers(0, 2, 50), 20)
    alone = hit_rate(Outcomes(np.arange(1000), ranks))
    together = hit_rate(Outcomes(np.repeat(np.arange(50), 20), ranks))
    assert together.high - together.low > 3 * (alone.high - alone.low)


def evaluated(capsys: pytest.CaptureFixture[str], *more: str) -> tuple[int, str, str]:
    """Run `basket evaluate` on the sample."""
    code = main(["evaluate", str(SAMPLE), "--test-days", "14", "--set", "events=null", *more])
    return code, *capsys.readouterr()


def test_the_command_reports_every_list_as_json_and_as_a_picture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plot = tmp_path / "rates.png"
    until = ("--train-until", "2011-11-25")
    code, out, _ = evaluated(capsys, *until, "--json", "--plot", str(plot))
    assert 0 == code
    report = json.loads(out)
    names = [one["name"] for one in report["lists"]]
    mined = {"also_bought", "association_rules", "bought_next", "frequently_bought_together"}
    plain = {"most_popular", "most_popular_in_category", "pair_count"}
    assert mined | plain == {*names}
    rates = [one["hit_rate"]["value"] for one in report["lists"]]
    assert sorted(rates, reverse=True) == rates
    assert b"\x89PNG" == plot.read_bytes()[:4]


def test_a_plot_without_matplotlib_is_a_usage_error_that_names_the_extra(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    until = ("--train-until", "2011-11-25")
    code, _, err = evaluated(capsys, *until, "--plot", str(tmp_path / "rates.png"))
    assert 2 == code
    assert "basket-pipeline[plot]" in err


def test_a_window_without_orders_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = evaluated(capsys, "--train-until", "2030-01-01")
    assert 65 == code
    assert "evaluate an earlier day" in err
