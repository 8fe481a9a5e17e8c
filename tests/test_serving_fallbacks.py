"""What fills empty slots: categories that go together, and items alike in name and attributes."""

from collections import defaultdict
from math import log, sqrt
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config.serving_options import Serving
from pipeline.serving import likeness
from pipeline.serving.fallbacks import fallback_lists
from pipeline.serving.lists import CandidateLists, Sources
from pipeline.serving.reasons import sentences
from pipeline.serving.setting import Setting
from pipeline.serving.shelf import Shelf
from tests.mined_tables import with_tables
from tests.shelves import drawn_shelf, item_pages, other_pages, setting_of, shelf_of, shown
from tests.tables import Cell

HOME = drawn_shelf("""
    item  | category            | orders
    pan   | Home > Kitchen      | 90
    pot   | Home > Kitchen      | 80
    lamp  | Home > Lights > LED | 70
    bulb  | Home > Lights > LED | 30
    torch | Home > Lights       | 20
    tea   | Food                | 60
    jam   | Food                | 40
    loose | -                   | 10
    new   | Home > Kitchen      | 0
""")


def offered(
    setting: Setting, kind: Any, pages: Sources | None = None, needy: list[bool] | None = None
) -> CandidateLists:
    """Return the lists of a fallback, for all items unless pages are given."""
    marks = None if needy is None else np.array(needy)
    lists = fallback_lists(setting, pages or item_pages(setting.shelf), kind, marks)
    assert lists is not None
    assert f"fallback:{kind}" == lists.origin
    return lists


def targets_of(
    setting: Setting, kind: Any, pages: Sources | None = None, needy: list[bool] | None = None
) -> dict[str, list[str]]:
    """Return what a fallback offers."""
    lists = offered(setting, kind, pages, needy)
    return shown(lists, pages or item_pages(setting.shelf), setting.shelf)


CATEGORIES = """
    source_item_id | target_item_id | rank | source_count | confidence
    Home > Kitchen | Home > Lights  | 1    | 200          | 0.5
    Home > Kitchen | Food           | 2    | 200          | 0.3
    Food           | Home > Kitchen | 1    | 300          | 0.2
    Home > Lights  | Garden         | 1    | 100          | 0.9
"""


def test_an_item_shows_what_sells_in_the_categories_that_go_with_its_own() -> None:
    """Of the 120 orders of lights lamps have 70, bulbs 30, torches 20; of food 60 and 40 of 100.

    .5 x 70 / 120 = .2917, .3 x .6 = .18, .5 x 30 / 120 = .125, .3 x .4 = .12, .5 x 20 / 120 = .083.
    """
    setting = with_tables(setting_of(HOME), also_bought_category=CATEGORIES)
    lists = offered(setting, "category_association")
    found = shown(lists, item_pages(HOME), HOME)
    kitchen, food = ["lamp", "tea", "bulb", "jam", "torch"], ["pan", "pot"]
    assert {"pan": kitchen, "pot": kitchen, "new": kitchen, "tea": food, "jam": food} == found
    start = int(lists.starts[0])
    scores = lists.pool.scores[start : start + 5].tolist()
    assert pytest.approx([0.291667, 0.18, 0.125, 0.12, 0.083333], abs=1e-6) == scores
    reason = sentences(lists.reason, lists.pool).to_pylist()[start + 1]
    assert "popular in Food, a category that goes with this one" == reason
    assert (200, 0.3) == (lists.pool.counts[start + 1], lists.pool.shares[start + 1])


def test_a_category_page_takes_the_links_of_its_path_or_of_the_nearest_one_above() -> None:
    setting = with_tables(setting_of(HOME), also_bought_category=CATEGORIES)
    pages = other_pages("category", "Food", "Food > Tea", "Home", "Home > Kitchen")
    found = targets_of(setting, "category_association", pages)
    assert {"Food", "Food > Tea", "Home > Kitchen"} == set(found)
    assert ["pan", "pot"] == found["Food > Tea"]


PAIRS = """
    source_item_id | target_item_id | rank | joint_count
    pan            | lamp           | 1    | 6
    pot            | bulb           | 1    | 3
    pan            | pot            | 2    | 50
    pan            | tea            | 3    | 1
    tea            | loose          | 1    | 9
    tea            | pan            | 2    | 5
"""


def test_without_that_table_the_pairs_of_items_are_added_up_by_leaf_category() -> None:
    """Kitchen with LED 6 + 3, with food 1 of these 10. .9 x .7 and .9 x .3, .1 x .6 and .1 x .4."""
    setting = with_tables(setting_of(HOME), also_bought=PAIRS)
    lists = offered(setting, "category_association")
    found = shown(lists, item_pages(HOME), HOME)
    assert ["lamp", "bulb", "tea", "jam"] == found["new"]
    assert ["pan", "pot"] == found["jam"]
    start = int(lists.starts[0])
    assert pytest.approx([0.63, 0.27, 0.06, 0.04]) == lists.pool.scores[start : start + 4].tolist()
    assert [10, 10] == lists.pool.counts[start : start + 2].tolist()


def test_the_pairs_are_added_up_too_where_no_two_categories_stand_out() -> None:
    setting = with_tables(setting_of(HOME), also_bought=PAIRS, also_bought_category="rank\n")
    assert ["lamp", "bulb", "tea", "jam"] == targets_of(setting, "category_association")["new"]
    alone = with_tables(setting_of(HOME), also_bought_category="rank\n")
    assert {} == targets_of(alone, "category_association")


def test_categories_need_a_table_and_a_page_that_has_one() -> None:
    pages = other_pages("segment", "everyone")
    given_one = with_tables(setting_of(HOME), also_bought=PAIRS)
    assert fallback_lists(setting_of(HOME), item_pages(HOME), "category_association", None) is None
    assert fallback_lists(given_one, pages, "category_association", None) is None
    assert fallback_lists(given_one, pages, "similar_attributes", None) is None


ALIKE = drawn_shelf("""
    item | name            | category | brand | orders | colour
    A    | Red cotton sock | Socks    | Aro   | 9      | red
    B    | red COTTON sock | Socks    | Aro   | 8      | red
    C    | blue wool sock  | Socks    | Bex   | 7      | blue
    D    | cotton sock     | Socks    | Bex   | 6      | -
    E    | shoe            | Socks    | -     | 5      | -
    F    | red cotton sock | Hats     | Aro   | 4      | red
    G    | red cotton sock | Socks    | Aro   | 3      | red
    H    | red cotton sock | -        | Aro   | 2      | red
""")


def test_items_of_the_leaf_category_come_by_what_they_have_in_common() -> None:
    found = targets_of(setting_of(ALIKE), "similar_attributes")
    # Letters' case is nothing; B and G are the same as A, and B sells better. E is like nothing.
    assert {"A", "B", "C", "D", "G"} == set(found)
    assert ["B", "G", "D", "C"] == found["A"]
    assert ["A", "B", "D", "C"] == found["G"]
    scores = offered(setting_of(ALIKE), "similar_attributes").pool.scores
    assert pytest.approx(1, abs=1e-4) == scores[0]


def test_only_needy_items_get_alike_ones_and_these_are_the_same() -> None:
    needy = [item in "DG" for item in ALIKE.item_ids]
    everything = targets_of(setting_of(ALIKE), "similar_attributes")
    found = targets_of(setting_of(ALIKE), "similar_attributes", needy=needy)
    assert {"D": everything["D"], "G": everything["G"]} == found


def test_blocks_do_not_matter_and_the_best_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    setting = setting_of(ALIKE, Serving(max_candidates=2))
    expected = {page: targets[:2] for page, targets in
                targets_of(setting_of(ALIKE), "similar_attributes").items()}  # fmt: skip
    monkeypatch.setattr(likeness, "CELLS_PER_BLOCK", 7)
    assert expected == targets_of(setting, "similar_attributes")


def test_only_the_best_sellers_of_a_category_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(likeness, "MOST_COMPARED", 3)
    found = targets_of(setting_of(ALIKE), "similar_attributes")
    assert ["A", "B", "C"] == found["G"]


@pytest.mark.parametrize("name", ["", "!?"])
def test_items_without_words_are_alike_by_attributes_alone(name: str) -> None:
    rows: list[dict[str, Cell]] = [
        {"item": item, "category": "x", "name": name, "colour": "red"} for item in "AB"
    ]
    assert {"A": ["B"], "B": ["A"]} == targets_of(setting_of(shelf_of(rows)), "similar_attributes")
    bare = shelf_of([{"item": item, "category": "x", "name": name} for item in "AB"])
    assert {} == targets_of(setting_of(bare), "similar_attributes")
    nothing = shelf_of([])
    assert {} == targets_of(setting_of(nothing), "similar_attributes")


def naive_alike(rows: list[dict[str, Cell]], shelf: Shelf) -> dict[str, dict[str, float]]:
    """The oracle: cosines of TF-IDF, item by item, term by term."""
    terms = {}
    for row in rows:
        words = [("word", word) for word in str(row["name"] or "").lower().split()]
        marks = [(name, str(row[name])) for name in ("brand", "colour", "size") if row.get(name)]
        terms[str(row["item"])] = {*words, *marks}
    holders = defaultdict(set)
    for item, own in terms.items():
        for term in own:
            holders[term].add(item)
    weights = {term: log((1 + len(rows)) / (1 + len(items))) + 1 for term, items in holders.items()}
    lengths = {item: sqrt(sum(weights[one] ** 2 for one in own)) for item, own in terms.items()}
    categories = {str(row["item"]): row["category"] for row in rows}
    return {
        source: {
            target: sum(weights[one] ** 2 for one in terms[source] & terms[target])
            / (lengths[source] * lengths[target])
            for target in shelf.item_ids
            if target != source and categories[target] == categories[source] != None  # noqa: E711
            if terms[source] & terms[target]
        }
        for source in shelf.item_ids
    }


@given(
    rows=st.lists(
        st.fixed_dictionaries(
            {
                "name": st.sampled_from([None, "red sock", "blue sock", "Sock", "wool 7", "7 red"]),
                "category": st.sampled_from(["x", "y", None]),
                "brand": st.sampled_from(["Aro", "Bex", None]),
                "colour": st.sampled_from(["red", "blue", None]),
                "size": st.sampled_from(["7", None]),
                "orders": st.sampled_from(["0", "1", "2"]),
            }
        ),
        max_size=8,
    )
)
def test_random_shelves_agree_with_the_oracle(rows: list[dict[str, Cell]]) -> None:
    rows = [{"item": f"i{number}", **row} for number, row in enumerate(rows)]
    shelf = shelf_of(rows)
    pages = item_pages(shelf)
    lists = offered(setting_of(shelf), "similar_attributes")
    found = shown(lists, pages, shelf)
    expected = naive_alike(rows, shelf)
    assert {item for item, cosines in expected.items() if cosines} == set(found)
    for item, targets in found.items():
        cosines = expected[item]
        assert set(cosines) == set(targets)
        start = int(lists.starts[shelf.numbers[item]])
        scores = lists.pool.scores[start : start + len(targets)].tolist()
        assert pytest.approx([cosines[target] for target in targets], abs=1e-3) == scores
        order = [(-score, shelf.numbers[to]) for score, to in zip(scores, targets, strict=True)]
        assert sorted(order) == order
