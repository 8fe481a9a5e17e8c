"""Rules weighed by age: the pairs of also_bought, and sets of items in plain Python."""

from collections import defaultdict
from operator import itemgetter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config.load import load_config
from pipeline.config.mining_options import AlsoBought, Mining
from pipeline.io.new_project import CONFIG, write_project
from pipeline.mining.associations import build_also_bought
from pipeline.mining.decay import FULL_WEIGHT, weight
from pipeline.mining.rule_decay import rank_rules_by_age
from pipeline.mining.rules import build_rules
from pipeline.names import ASSOCIATION_RULES
from pipeline.run import run
from tests.shops import Shop, load_shop, rows_of, shop_engine, shops
from tests.tables import DAY
from tests.test_decay import EVERY, SALES, WINDOW, low

LENIENT = Mining(
    min_support=None,
    min_count=1,
    min_confidence=0.0,
    max_itemset_size=3,
    max_q_value=None,
    only_productive=False,
    min_customers=0,
)
COLUMNS = ("antecedent", "consequent", "rank", "joint_count", "decayed_weight", "decayed_lift_low")


def built(shop: Shop, config: Mining, half_life: int) -> list[dict[str, Any]]:
    """Build the rules, weigh them, and return them by rank."""
    load_shop(shop_engine(), shop)
    build_rules(shop_engine(), config, WINDOW, "sku")
    rank_rules_by_age(shop_engine(), config, WINDOW, half_life)
    found = shop_engine().fetch("association_rules").sort_by("rank").to_pylist()
    return [{name: row[name] for name in COLUMNS} for row in found]


def test_rules_between_two_items_weigh_what_pairs_of_orders_weigh() -> None:
    rules = built(Shop(SALES), LENIENT, 2)
    options = AlsoBought(**EVERY, grain="order", half_life_days=2)
    build_also_bought(shop_engine(), options, WINDOW, "sku")
    columns = ("source_item_id", "target_item_id", "decayed_weight", "decayed_lift_low")
    assert rows_of(shop_engine(), "also_bought", *columns) == sorted(
        (*row["antecedent"], *row["consequent"], row["decayed_weight"], row["decayed_lift_low"])
        for row in rules
    )


def test_the_freshest_rule_is_first_and_counts_stay() -> None:
    """Of S and T the newest order is a day old, of S and U seven: both stood together thrice."""
    first, *others = built(Shop(SALES), LENIENT, 1)
    assert {"S", "T"} == {*first["antecedent"], *first["consequent"]}
    assert 3 == first["joint_count"]
    assert list(range(2, len(others) + 2)) == [row["rank"] for row in others]


def test_without_a_half_life_the_columns_are_null() -> None:
    load_shop(shop_engine(), Shop(SALES))
    build_rules(shop_engine(), LENIENT, WINDOW, "sku")
    assert {(None, None)} == set(
        rows_of(shop_engine(), "association_rules", "decayed_weight", "decayed_lift_low")
    )


def test_columns_are_those_of_the_published_table() -> None:
    built(Shop(SALES), LENIENT, 2)
    columns = shop_engine().fetch("association_rules").column_names
    assert ASSOCIATION_RULES.column_names == tuple(columns)


def test_a_run_ranks_both_tables_by_age_where_a_half_life_is_set(tmp_path: Path) -> None:
    write_project(tmp_path)
    half_lives = ["mining.half_life_days=20", "also_bought.half_life_days=20"]
    keep_all = [
        "mining.max_q_value=null",
        "mining.only_productive=false",
        "mining.min_support=0.02",
    ]
    config = load_config(
        tmp_path / CONFIG, [*half_lives, *keep_all, "also_bought.max_q_value=null"]
    )
    report = run(config, only=["association_rules", "also_bought"])
    for table in report.tables[:2]:
        rows = pq.read_table(table.path).to_pylist()
        assert rows
        assert all(0 < row["decayed_weight"] <= row["joint_count"] for row in rows)
        one = [row for row in rows if row.get("source_item_id") == rows[0].get("source_item_id")]
        scores = [row["decayed_lift_low"] for row in sorted(one, key=itemgetter("rank"))]
        assert sorted(scores, reverse=True) == scores


def test_without_rules_nothing_is_weighed() -> None:
    assert [] == built(Shop(), LENIENT, 2)


@given(
    shop=shops(),
    grain=st.sampled_from(["order", "customer_day", "customer"]),
    half_life=st.integers(1, 9),
    max_items=st.integers(2, 5),
)
def test_random_shops_agree_with_the_oracle(
    shop: Shop, grain: Any, half_life: int, max_items: int
) -> None:
    config = LENIENT.model_copy(update={"grain": grain, "max_basket_items": max_items})
    actual = built(shop, config, half_life)
    weighed = _baskets(shop, config, half_life)
    for row in actual:
        left, right = set(row["antecedent"]), set(row["consequent"])
        n_ab, n_a, n_b = (_weight(weighed, items) for items in (left | right, left, right))
        n = sum(max(held.values()) for held in weighed)
        assert n_ab == row["decayed_weight"]
        assert pytest.approx(low(n_ab, n_a, n_b, n)) == row["decayed_lift_low"]
    scores = [round(row["decayed_lift_low"], 12) for row in actual]
    assert sorted(scores, reverse=True) == scores


def _baskets(shop: Shop, config: Mining, half_life: int) -> list[dict[str, float]]:
    """Return the weight of each item in each basket."""
    baskets: dict[Any, dict[str, int]] = defaultdict(dict)
    for line in shop.sale_lines:
        day = line.customer and (line.customer, line.at // DAY)
        key = {"order": line.order, "customer": line.customer, "customer_day": day}[config.grain]
        if key and line.item and WINDOW.start <= line.at < WINDOW.end:
            baskets[key][line.item] = min(line.at, baskets[key].get(line.item, line.at))
    return [
        {
            item: weight((WINDOW.end - at) // DAY, half_life) / FULL_WEIGHT
            for item, at in held.items()
        }
        for held in baskets.values()
        if len(held) <= config.max_basket_items
    ]


def _weight(baskets: list[dict[str, float]], items: set[str]) -> float:
    return sum(min(held[item] for item in items) for held in baskets if items <= held.keys())
