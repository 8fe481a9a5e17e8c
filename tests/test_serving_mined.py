"""Relation types that show one mined table: order, evidence and what is left out."""

from typing import Any

import pytest

from pipeline.config.serving_options import Serving
from pipeline.serving.automatic import automatic_lists
from pipeline.serving.lists import CandidateLists
from pipeline.serving.reasons import sentences
from pipeline.serving.setting import Setting
from pipeline.serving.substitute_pairs import substitute_ranges
from tests.mined_tables import with_tables
from tests.shelves import drawn_shelf, item_pages, other_pages, setting_of, shown

SHELF = drawn_shelf("""
    item | category | orders | plug
    A    | Photo    | 9      | usb
    B    | Photo    | 8      | usb
    C    | Bags     | 7      | usb
    D    | Bags     | 6      | iron
    E    | -        | 5      | usb
    F    | Toys     | 4      | usb
""")
ALSO_BOUGHT = """
    source_item_id | target_item_id | rank | source_count | lift | q_value | confidence | lift_low | grain
    A              | C              | 2    | 80           | 3.5  | 0.01    | 0.25       | 2        | customer
    A              | B              | 1    | 80           | 4    | 0.001   | 0.5        | 3        | customer
    B              | A              | 1    | 60           | 4    | 0.001   | 0.5        | 3        | customer
    gone           | A              | 1    | 60           | 4    | 0.001   | 0.5        | 3        | customer
"""  # noqa: E501 - drawn


def setting_with(options: Any = None, **tables: str) -> Setting:
    """Return a setting of the shelf with drawn tables, and options of relation types."""
    relations = {"relations": options or {}}
    return with_tables(setting_of(SHELF, Serving.model_validate(relations)), **tables)


def lists_of(setting: Setting, relation: str) -> CandidateLists:
    """Return the automatic lists of all items."""
    found = automatic_lists(setting, item_pages(SHELF), relation)
    assert found is not None
    return found


def targets_of(setting: Setting, relation: str) -> dict[str, list[str]]:
    """Return what every item is offered."""
    return shown(lists_of(setting, relation), item_pages(SHELF), SHELF)


def reasons_of(lists: CandidateLists) -> list[str]:
    """Return the reason of each row of the pool."""
    return [str(text) for text in sentences(lists.reason, lists.pool).to_pylist()]


def test_rows_stand_in_the_order_of_their_rank_and_ids_off_the_shelf_are_left_out() -> None:
    setting = setting_with(also_bought=ALSO_BOUGHT)
    assert {"A": ["B", "C"], "B": ["A"]} == targets_of(setting, "also_bought")


def test_a_reason_says_how_many_of_how_many_and_how_unusual_that_is() -> None:
    lists = lists_of(setting_with(also_bought=ALSO_BOUGHT), "also_bought")
    assert "mined:also_bought" == lists.origin
    first = "bought by 50.0 % of the 80 customers who bought this; 4.0 times the usual share"
    assert first == reasons_of(lists)[0]
    pool = lists.pool
    assert (80, 3.5, 0.01, 0.25, 2.0) == tuple(
        column[1] for column in (pool.counts, pool.lifts, pool.q_values, pool.shares, pool.scores)
    )


@pytest.mark.parametrize(
    ("grain", "reason"),
    [
        ("order", "in 50.0 % of the 80 orders with this; 4.0 times the usual share"),
        (
            "customer_day",
            "bought on 50.0 % of the 80 days with a customer of this; 4.0 times the usual share",
        ),
    ],
)
def test_a_reason_names_what_a_basket_is(grain: str, reason: str) -> None:
    table = ALSO_BOUGHT.replace("| customer", f"| {grain}")
    assert reason == reasons_of(lists_of(setting_with(also_bought=table), "also_bought"))[0]


def test_a_half_life_ranks_by_its_own_score() -> None:
    table = """
        source_item_id | target_item_id | rank | lift_low | decayed_lift_low | grain
        A              | B              | 1    | 3        | 9                | order
        A              | C              | 2    | 4        | 8                | order
    """
    lists = lists_of(setting_with(also_bought=table), "also_bought")
    assert [9.0, 8.0] == lists.pool.scores.tolist()


def test_viewed_items_tell_of_sessions() -> None:
    table = ALSO_BOUGHT.replace("customer", "session")
    lists = lists_of(setting_with(also_viewed=table), "also_viewed")
    assert (
        "viewed in 25.0 % of the 80 sessions that saw this; 3.5 times the usual share"
        == (reasons_of(lists)[1])
    )


VIEW_THEN_BOUGHT = """
    source_item_id | target_kind | target_item_id | rank | n_viewers | n_buyers | n_target | pct_of_buyers | displayable
    A              | own         | A              | 1    | 100       | 40       | 20       | 50            | yes
    A              | item        | B              | 2    | 100       | 40       | 10       | 25            | yes
    A              | item        | C              | 3    | 100       | 40       | 1        | 2.5           | no
    A              | other       | -              | -    | 100       | 40       | 9        | 22.5          | no
    A              | none        | -              | -    | 100       | 40       | 60       | -             | no
"""  # noqa: E501 - drawn


def test_of_view_then_bought_only_other_items_are_shown_that_may_be_printed() -> None:
    setting = setting_with(view_then_bought=VIEW_THEN_BOUGHT)
    assert {"A": ["B"]} == targets_of(setting, "view_then_bought")
    expected = "of the 40 visitors who saw this and bought something, 25.0 % bought it in the end"
    assert [expected] == reasons_of(lists_of(setting, "view_then_bought"))


def test_rows_that_may_not_be_printed_are_shown_where_the_shop_wants_them() -> None:
    options = {"view_then_bought": {"displayable_only": False}}
    setting = setting_with(options, view_then_bought=VIEW_THEN_BOUGHT)
    assert {"A": ["B", "C"]} == targets_of(setting, "view_then_bought")


def test_a_set_shows_its_other_items_the_best_seller_first() -> None:
    table = """
        source_item_id | items | source_count | set_lift | q_value | confidence
        B              | A+B+D | 50           | 12       | 0.02    | 0.1
        D              | C+D   | 40           | 2        | 0.03    | 0.2
        gone           | A+D   | 40           | 2        | 0.03    | 0.2
    """
    setting = setting_with(frequently_bought_together=table)
    assert {"B": ["A", "D"], "D": ["C"]} == targets_of(setting, "frequently_bought_together")
    expected = (
        "the whole set is in 10.0 % of the 50 orders with this; 12.0 times as often as by chance"
    )
    assert expected == reasons_of(lists_of(setting, "frequently_bought_together"))[0]


def test_an_empty_table_gives_empty_lists() -> None:
    for table in ("also_bought", "frequently_bought_together", "bought_next"):
        setting = setting_with(**{table: "source_item_id\n"})
        assert {} == targets_of(setting, table)


def test_what_is_bought_next_is_told_by_customers() -> None:
    table = ALSO_BOUGHT.replace(" | grain", "").replace(" | customer", "")
    lists = lists_of(setting_with(bought_next=table), "bought_next")
    expected = (
        "bought on a later day by 25.0 % of the 80 customers of this; 3.5 times the usual share"
    )
    assert expected == reasons_of(lists)[1]


PAIRS = """
    source_item_id | target_item_id | rank | q_value | grain
    A              | B              | 1    | 0.001   | customer
    A              | C              | 2    | 0.05    | customer
    A              | D              | 3    | 0.001   | customer
    A              | E              | 4    | 0.001   | customer
    A              | F              | 5    | 0.0501  | customer
    D              | F              | 1    | 0.01    | customer
    E              | A              | 1    | 0.01    | customer
    F              | A              | 1    | 0.01    | customer
"""


def test_what_complements_is_significant_and_of_another_known_leaf_category() -> None:
    setting = setting_with(also_bought=PAIRS)
    expected = {"A": ["C", "D"], "D": ["F"], "F": ["A"]}
    assert expected == targets_of(setting, "complementary")


def test_what_complements_is_no_substitute_in_either_direction() -> None:
    substitutes = """
        source_item_id | target_item_id | rank
        C              | A              | 1
        D              | F              | 1
    """
    setting = setting_with(also_bought=PAIRS, substitutes=substitutes)
    assert {"A": ["D"], "F": ["A"]} == targets_of(setting, "complementary")


def test_what_complements_may_have_to_be_alike_in_an_attribute() -> None:
    options = {"complementary": {"same_attributes": ["plug"], "max_q_value": 1}}
    setting = setting_with(options, also_bought=PAIRS)
    assert {"A": ["C", "F"], "F": ["A"]} == targets_of(setting, "complementary")
    nobody = {"complementary": {"same_attributes": ["voltage"]}}
    assert {} == targets_of(setting_with(nobody, also_bought=PAIRS), "complementary")


def test_substitutes_go_both_ways_each_once() -> None:
    table = """
        source_item_id | target_item_id | rank
        C              | A              | 1
        A              | C              | 1
        A              | B              | 2
        A              | gone           | 3
    """
    starts, ends, targets = substitute_ranges(setting_with(substitutes=table))
    found = {
        item: [SHELF.item_ids[number] for number in targets[starts[at] : ends[at]]]
        for at, item in enumerate(SHELF.item_ids)
        if ends[at] > starts[at]
    }
    assert {"A": ["B", "C"], "B": ["A"], "C": ["A"]} == found
    starts, ends, targets = substitute_ranges(setting_with())
    assert ([0] * 6, [0] * 6, []) == (starts.tolist(), ends.tolist(), targets.tolist())


@pytest.mark.parametrize(
    ("relation", "table"),
    [
        ("also_bought", "also_bought"),
        ("complementary", "also_bought"),
        ("similar_price", "also_viewed"),
    ],
)
def test_there_are_no_rows_without_the_table_or_switched_off_or_for_other_pages(
    relation: str, table: str
) -> None:
    pages = item_pages(SHELF)
    tables = {table: ALSO_BOUGHT.replace("customer", "session")}
    tables |= {"also_bought": ALSO_BOUGHT}
    assert automatic_lists(setting_with(), pages, relation) is None
    off = setting_with({relation: {"auto": False}}, **tables)
    assert automatic_lists(off, pages, relation) is None
    on = setting_with(**tables)
    assert automatic_lists(on, pages, relation) is not None
    assert automatic_lists(on, other_pages("category", "Photo"), relation) is None
    assert automatic_lists(on, pages, "a type of the shop's own") is None
