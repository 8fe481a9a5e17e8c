"""Up-sell, down-sell, similar price and replacement: prices, brands, evidence, and without any."""

from collections import defaultdict
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config.serving_options import Serving
from pipeline.serving.automatic import automatic_lists, lists_without_evidence
from pipeline.serving.lists import CandidateLists
from pipeline.serving.reasons import sentences
from pipeline.serving.setting import Setting
from pipeline.serving.shelf import Shelf
from tests.mined_tables import load_published, with_tables
from tests.shelves import drawn_shelf, item_pages, setting_of, shelf_of, shown, told
from tests.tables import Cell

# Of the source S at 10.00: T1 and T2 stand on the bounds of up-sell, D1 and D2 on those of
# down-sell; M1 and M2 are a hair inside similar_price; T3 and D3 are outside of everything.
SHELF = drawn_shelf("""
    item | category | brand | price   | orders
    S    | Lamps    | Aro   | 10.00   | 90
    T1   | Lamps    | Aro   | 11.00   | 80
    T2   | Lamps    | Bex   | 20.00   | 70
    T3   | Lamps    | Aro   | 20.0001 | 60
    D1   | Lamps    | Bex   | 9.00    | 50
    D2   | Lamps    | Aro   | 5.00    | 40
    D3   | Lamps    | Aro   | 4.9999  | 30
    M1   | Lamps    | Cox   | 10.9999 | 20
    M2   | Lamps    | -     | 9.0001  | 10
    N    | Lamps    | Aro   | -       | 9
    O    | Rugs     | Aro   | 11.00   | 8
    U    | -        | Aro   | 11.00   | 7
""")
VIEWED = "source_item_id | target_item_id | rank | joint_count\n" + "".join(
    f"S | {target} | {rank} | {30 - rank}\n"
    for rank, target in enumerate(["T1", "T2", "T3", "D1", "D2", "D3", "M1", "M2", "N", "O", "U"])
)


def setting_with(options: Any = None, shelf: Shelf = SHELF, **tables: str) -> Setting:
    """Return a setting with drawn tables, and options of relation types."""
    relations = {"relations": options or {}}
    return with_tables(setting_of(shelf, Serving.model_validate(relations)), **tables)


def lists_of(setting: Setting, relation: str) -> CandidateLists:
    """Return the automatic lists of all items."""
    found = automatic_lists(setting, item_pages(setting.shelf), relation)
    assert found is not None
    return found


def targets_of(setting: Setting, relation: str) -> dict[str, list[str]]:
    """Return what every item is offered."""
    return shown(lists_of(setting, relation), item_pages(setting.shelf), setting.shelf)


def unseen(setting: Setting, relation: str, *needy: str) -> dict[str, list[str]]:
    """Return what needy items are offered without evidence; every item where none is named."""
    pages = item_pages(setting.shelf)
    marks = [not needy or item in needy for item in pages.ids]
    lists = lists_without_evidence(setting, pages, relation, np.array(marks))
    assert lists is not None
    assert "fallback:attribute_overlap" == lists.origin
    return shown(lists, pages, setting.shelf)


@pytest.mark.parametrize(
    ("relation", "expected"),
    [
        ("same_brand_up_sell", ["T1"]),
        ("other_brand_up_sell", ["T2"]),
        ("similar_price", ["M1", "M2"]),
        ("down_sell", ["D1", "D2"]),
    ],
)
def test_prices_on_a_bound_belong_to_up_sell_and_down_sell(
    relation: str, expected: list[str]
) -> None:
    setting = setting_with(also_viewed=VIEWED)
    assert expected == targets_of(setting, relation)["S"]


def test_a_bound_is_the_decimal_number_that_was_written() -> None:
    """1.1 x 0.07 is 0.077; of doubles the product is 0.07700000000000001."""
    shelf = drawn_shelf("""
        item | category | brand | price  | orders
        S    | Lamps    | Aro   | 0.07   | 3
        A    | Lamps    | Aro   | 0.077  | 2
        B    | Lamps    | Aro   | 0.0769 | 1
    """)
    viewed = """
        source_item_id | target_item_id | rank | joint_count
        S              | A              | 1    | 5
        S              | B              | 2    | 5
    """
    setting = setting_with(shelf=shelf, also_viewed=viewed)
    assert {"S": ["A"]} == targets_of(setting, "same_brand_up_sell")
    assert {"S": ["B"], "A": ["S"], "B": ["S"]} == targets_of(setting, "similar_price")


def test_viewed_together_counts_in_either_direction() -> None:
    viewed = """
        source_item_id | target_item_id | rank | joint_count
        D1             | S              | 1    | 7
        S              | T1             | 1    | 5
        T1             | S              | 1    | 6
    """
    setting = setting_with(also_viewed=viewed)
    assert {"S": ["T1"]} == targets_of(setting, "same_brand_up_sell")
    assert {"D1": ["S"]} == targets_of(setting, "other_brand_up_sell")
    assert {"S": ["D1"]} == targets_of(setting, "down_sell")
    assert [6] == lists_of(setting, "same_brand_up_sell").pool.counts.tolist()


BOUGHT = """
    source_item_id | target_kind | target_item_id | rank | n_viewers | n_target
    S              | own         | S              | 1    | 100       | 30
    S              | item        | D2             | 2    | 100       | 12
    S              | none        | -              | -    | 100       | 50
    D1             | item        | S              | 1    | 20        | 3
"""


def test_the_score_is_the_share_of_buyers_drawn_to_the_mean_of_the_category() -> None:
    """Nine pairs of S in its category, and one of each of the nine back to it.

    Viewers 9 x 100 + 20, buyers 12 + 3: the mean is 15 / 920. With 20 more viewers D2 has
    (12 + 20 x 15 / 920) / 120, and D1, which nobody is listed to have bought, 20 x 15 / 920 / 120.
    """
    setting = setting_with(also_viewed=VIEWED, view_then_bought=BOUGHT)
    lists = lists_of(setting, "down_sell")
    start = int(lists.starts[0])
    assert ["D2", "D1"] == shown(lists, item_pages(SHELF), SHELF)["S"]
    drawn = 20 * 15 / 920
    expected = pytest.approx([(12 + drawn) / 120, drawn / 120])
    assert expected == lists.pool.scores[start : start + 2].tolist()
    assert [0.12, 0.0] == lists.pool.shares[start : start + 2].tolist()
    reason = str(sentences(lists.reason, lists.pool)[start])
    assert "a cheaper one of the same category; 26 sessions show both" == reason


def test_ties_go_to_more_sessions_then_to_what_sells_better() -> None:
    viewed = """
        source_item_id | target_item_id | rank | joint_count
        S              | D1             | 1    | 5
        S              | D2             | 2    | 6
        M2             | D2             | 3    | 6
        T1             | D1             | 3    | 6
        T1             | D2             | 3    | 6
    """
    setting = setting_with(also_viewed=viewed)
    found = targets_of(setting, "down_sell")
    assert ["D2", "D1"] == found["S"]
    wide = {"down_sell": {"min_ratio": 0.1}}
    assert ["D1", "D2"] == targets_of(setting_with(wide, also_viewed=viewed), "down_sell")["T1"]


TIERS = [
    ("Aro,2\nBex,2\nCox,3\nDax,1\n", ["T2", "C2"]),
    ("Aro,2\nBex,1\nCox,2\n", ["T2", "C1"]),
    ("Bex,3\n", ["T2", "C1", "C2"]),
]


@pytest.mark.parametrize(("tiers", "expected"), TIERS)
def test_another_brand_is_of_no_worse_tier_and_brands_without_one_are_the_worst(
    tmp_path: Path, tiers: str, expected: list[str]
) -> None:
    shelf = drawn_shelf("""
        item | category | brand | price | orders
        S    | Lamps    | Aro   | 10    | 9
        T2   | Lamps    | Bex   | 12    | 8
        C1   | Lamps    | Cox   | 12    | 7
        C2   | Lamps    | Dax   | 12    | 6
    """)
    (tmp_path / "tiers.csv").write_text("brand,tier\n" + tiers)
    viewed = "source_item_id | target_item_id | rank | joint_count\n" + "".join(
        f"S | {item} | {rank} | 5\n" for rank, item in enumerate(["T2", "C1", "C2"])
    )
    setting = setting_of(shelf, brand_tiers=tmp_path / "tiers.csv")
    setting = with_tables(setting, also_viewed=viewed)
    assert expected == targets_of(setting, "other_brand_up_sell")["S"]
    assert expected == unseen(setting, "other_brand_up_sell")["S"]


def test_lines_of_the_tiers_that_do_nothing_are_told_of_once(tmp_path: Path) -> None:
    (tmp_path / "tiers.csv").write_text("brand,tier\nAro,best\nZed,1\nBex,0\n")
    setting = setting_of(SHELF, brand_tiers=tmp_path / "tiers.csv")
    setting = with_tables(setting, also_viewed=VIEWED)
    for _ in range(2):
        assert ["T2"] == targets_of(setting, "other_brand_up_sell")["S"]
    assert [
        "bad_tier tiers.csv:2: tier 'best': write a whole number from 1 on; the line is left out",
        "unknown_brand tiers.csv:3: no item is of the brand 'Zed'; the line does nothing",
        "bad_tier tiers.csv:4: tier '0': write a whole number from 1 on; the line is left out",
    ] == told(setting)


ALIKE = drawn_shelf("""
    item | category | brand | price | orders | bulb | colour | stock
    S    | Lamps    | Aro   | 10    | 9      | E27  | red    | 0
    A    | Lamps    | Bex   | 12    | 8      | E27  | red    | 3
    B    | Lamps    | Aro   | 12    | 7      | E14  | blue   | 3
    C    | Lamps    | Aro   | 12    | 6      | E27  | blue   | -
    D    | Lamps    | Aro   | 12    | 5      | E27  | -      | 0
    E    | Lamps    | -     | 12    | 4      | -    | -      | 3
    F    | Rugs     | Aro   | 12    | 3      | E27  | red    | 3
""")


def test_without_evidence_the_own_brand_comes_first_then_what_is_alike() -> None:
    wide = {"similar_price": {"max_ratio": 3}}
    setting = setting_with(wide, shelf=ALIKE)
    # C and D are equal in one attribute, B in none; C sells better than D.
    assert {"S": ["C", "D", "B", "A", "E"]} == unseen(setting, "similar_price", "S")
    assert {"S": ["C", "D", "B"]} == unseen(setting, "same_brand_up_sell", "S")
    assert {"S": ["A"]} == unseen(setting, "other_brand_up_sell", "S")
    assert {"A": ["S"], "E": ["S"]} == unseen(setting, "down_sell", "A", "E", "S")


def test_without_evidence_a_replacement_is_in_stock_and_its_source_is_not() -> None:
    assert {"S": ["C", "B", "A", "E"], "D": ["C", "B", "A", "E"]} == unseen(
        setting_with(shelf=ALIKE), "replacement"
    )


def test_only_types_of_alternatives_have_rows_without_evidence() -> None:
    pages = item_pages(ALIKE)
    assert lists_without_evidence(setting_with(), pages, "also_bought", None) is None
    off = setting_with({"down_sell": {"auto": False}}, shelf=ALIKE)
    assert lists_without_evidence(off, pages, "down_sell", None) is None


SUBSTITUTES = """
    source_item_id | target_item_id | rank | n_buyers | pct_of_buyers
    S              | B              | 2    | 40       | 5
    S              | C              | 1    | 40       | 10
    S              | D              | 3    | 40       | 4
    S              | F              | 4    | 40       | 3
    A              | B              | 1    | 40       | 9
"""


def test_a_replacement_is_what_customers_switch_to_then_what_they_view_at_a_near_price() -> None:
    """From 10: at 12 the closeness is (10 / 12) ** 5 = .4019, at 20 it is .03125, at 9 .5905.

    A 2 x .4019 = .804, G 3 x .5905 = 1.77, H 20 x .03125 = .625, J has no price.
    B is a switch already, D is out of stock itself, F is of another category.
    """
    text = """
        item | category | brand | price | orders | stock
        S    | Lamps    | Aro   | 10    | 9      | 0
        A    | Lamps    | Bex   | 12    | 8      | 3
        B    | Lamps    | Aro   | 12    | 7      | 3
        C    | Lamps    | Aro   | 99    | 6      | -
        D    | Lamps    | Aro   | 12    | 5      | 0
        F    | Rugs     | Aro   | 12    | 3      | 3
        G    | Lamps    | Aro   | 9     | 2      | 3
        H    | Lamps    | Aro   | 20    | 1      | 3
        J    | Lamps    | Aro   | -     | 1      | 3
        K    | Lamps    | Aro   | -     | 1      | 3
    """
    viewed = """
        source_item_id | target_item_id | rank | lift_low
        S              | H              | 1    | 20
        S              | K              | 2    | 9
        S              | J              | 3    | 8
        S              | B              | 4    | 7
        S              | G              | 5    | 3
        S              | A              | 6    | 2
        S              | D              | 7    | 1
        B              | A              | 1    | 9
    """
    setting = setting_with(shelf=drawn_shelf(text), also_viewed=viewed, substitutes=SUBSTITUTES)
    assert {"S": ["C", "B", "G", "A", "H", "K", "J"]} == targets_of(setting, "replacement")
    scores = lists_of(setting, "replacement").pool.scores.tolist()
    expected = [1.1, 1.05, 1.77147 / 2.77147, 0.803755 / 1.803755, 0.625 / 1.625, 0, 0]
    assert pytest.approx(expected, abs=1e-6) == scores
    assert sorted(scores, reverse=True) == scores


def test_a_replacement_needs_one_of_two_tables() -> None:
    pages = item_pages(ALIKE)
    assert automatic_lists(setting_with(shelf=ALIKE), pages, "replacement") is None
    switches = setting_with(shelf=ALIKE, substitutes=SUBSTITUTES)
    assert {"S": ["C", "B"]} == targets_of(switches, "replacement")


def naive_step(
    rows: list[dict[str, Cell]],
    pairs: list[tuple[str, str, int]],
    bought: dict[tuple[str, str], int],
    ratios: tuple[str, str],
) -> dict[str, list[str]]:
    """The oracle of down-sell: every pair of items, one by one, in fractions; 100 viewers each."""
    items = {str(row["item"]): row for row in rows}
    ids = sorted(items, key=lambda item: (-int(items[item]["orders"] or 0), item))
    sessions: dict[tuple[str, str], int] = defaultdict(int)
    for source, target, count in pairs:
        for pair in ((source, target), (target, source)):
            sessions[pair] = max(sessions[pair], count)
    found: dict[str, list[tuple[int, int, int, str]]] = defaultdict(list)
    for (source, target), count in sessions.items():
        own, other = items[source], items[target]
        if not own["category"] or own["category"] != other["category"]:
            continue
        if not own["price"] or not other["price"] or own["price"] == "0":
            continue
        ratio = Fraction(str(other["price"])) / Fraction(str(own["price"]))
        if Fraction(ratios[0]) <= ratio <= Fraction(ratios[1]):
            buyers = bought.get((source, target), 0)
            found[source].append((-buyers, -count, ids.index(target), target))
    return {source: [one[-1] for one in sorted(rows)] for source, rows in found.items()}


ITEMS = [f"i{number}" for number in range(6)]
PRICES = st.sampled_from(["0", "0.07", "0.077", "1", "1.1", "2", "0.9", "0.63", None])


@given(
    prices=st.lists(PRICES, min_size=6, max_size=6),
    categories=st.lists(st.sampled_from(["x", "y", None]), min_size=6, max_size=6),
    orders=st.lists(st.integers(0, 3), min_size=6, max_size=6),
    pairs=st.dictionaries(
        st.tuples(st.sampled_from(ITEMS), st.sampled_from(ITEMS)).filter(
            lambda two: two[0] != two[1]
        ),
        st.integers(1, 3),
    ),
    bought=st.dictionaries(
        st.tuples(st.sampled_from(ITEMS), st.sampled_from(ITEMS)), st.integers(1, 3)
    ),
    ratios=st.sampled_from([("0.5", "0.9"), ("0.9", "1.1"), ("0.1", "3")]),
)
def test_steps_of_random_shops_agree_with_the_oracle(
    *,
    prices: list[str | None],
    categories: list[str | None],
    orders: list[int],
    pairs: dict[tuple[str, str], int],
    bought: dict[tuple[str, str], int],
    ratios: tuple[str, str],
) -> None:
    rows: list[dict[str, Cell]] = [
        {"item": item, "price": price, "category": category, "orders": str(count)}
        for item, price, category, count in zip(ITEMS, prices, categories, orders, strict=True)
    ]
    listed = [(source, target, count) for (source, target), count in pairs.items()]
    options = {"down_sell": {"min_ratio": float(ratios[0]), "max_ratio": float(ratios[1])}}
    setting = setting_with(
        options, shelf=shelf_of(rows), also_viewed="rank\n", view_then_bought="rank\n"
    )
    names = ("source_item_id", "target_item_id", "joint_count")
    load_published("also_viewed", [dict(zip(names, map(str, row), strict=True)) for row in listed])
    load_published("view_then_bought", [
        {"source_item_id": source, "target_item_id": target, "target_kind": "item",
         "n_viewers": "100", "n_target": str(count)}
        for (source, target), count in bought.items()
    ])  # fmt: skip
    expected = naive_step(rows, listed, bought, ratios)
    assert expected == targets_of(setting, "down_sell")
