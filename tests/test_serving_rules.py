"""Rules: what they match and show, in which order, and on which pages."""

from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config.scalars import flow_text
from pipeline.config.serving_options import MoreRelation, Placement, Serving, Slots
from pipeline.mining.kernels.eligible_targets import ZONE
from pipeline.serving.columns import SMALL_FAMILY
from pipeline.serving.lists import Sources
from pipeline.serving.rule_book import RuleBook
from pipeline.serving.rules import open_rules, rule_lists
from pipeline.serving.shelf import Shelf
from tests import reference_shelf_rules as oracle
from tests.shelves import drawn_shelf, item_pages, other_pages, setting_of, shelf_of, shown, told
from tests.tables import Cell, drawn

SHELF = """
    item | name         | product | category        | brand | price | stock | orders | plug | size
    A1   | Body One     | P1      | Photo > Cameras | Sony  | 100   | 3     | 9      | usb  | 5
    A2   | Body One red | P1      | Photo > Cameras | Sony  | 110   | 3     | 8      | usb  | 5.0
    A3   | Body Two     | P3      | Photo > Cameras | Canon | 111   | 0     | 7      | -    | 10
    B1   | Bag          | -       | Photo > Bags    | Sony  | 20    | -     | 6      | -    | large
    B2   | Small bag    | -       | Photo > Bags    | -     | 10    | 9     | 6      | -    | small
    T1   | Train        | -       | Toys            | Brio  | -     | 9     | 1      | usb  | -
"""
ITEMS = ["A1", "A2", "A3", "B1", "B2", "T1"]
ANYTHING = MoreRelation(name="anything", is_cross_sell=False)


def book_of(
    folder: Path, shelf: Shelf, *rules: dict[str, Any], text: str = "", most: int = 50,
    segments: tuple[str, ...] = (), placements: Sequence[Placement] = (),
) -> RuleBook:  # fmt: skip
    """Return the rules of a shop in which every item may be shown."""
    path = folder / "rules.yaml"
    path.write_text(text or "".join(f"- {flow_text(rule)}\n" for rule in rules), encoding="utf-8")
    options = Serving(max_candidates=most, more_relations=[ANYTHING], placements=list(placements))
    setting = setting_of(shelf, options, rules=path)
    return open_rules(setting, np.ones(len(shelf), np.bool_), segments=segments)


def rule_of(**written: Any) -> dict[str, Any]:
    """Return a rule as it is written."""
    return {"name": "r", "applies_to": ["anything"], **written}


def offered(book: RuleBook, sources: Sources, relation: str = "anything") -> dict[str, list[str]]:
    """Return what the only rule offers to each page, without the page's own item."""
    found = rule_lists(book, sources, relation)
    assert len(found) <= 1
    every = shown(found[0], sources, book.setting.shelf) if found else {}
    return {page: [one for one in items if one != page] for page, items in every.items()}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("brand: Sony", "A1 A2 B1"),
        ("brand: [Sony, Brio]", "A1 A2 B1 T1"),
        ("brand: {is: Sony}", "A1 A2 B1"),
        ("brand: {is_not: Sony}", "A3 T1"),
        ("not: {brand: Sony}", "A3 B2 T1"),
        ("brand: {one_of: [Sony, Brio]}", "A1 A2 B1 T1"),
        ("brand: {none_of: [Sony, Brio]}", "A3"),
        ("brand: {missing: true}", "B2"),
        ("brand: {missing: false}", "A1 A2 A3 B1 T1"),
        ("name: {contains: bag}", "B1 B2"),
        ("category: {contains: PHOTO}", "A1 A2 A3 B1 B2"),
        ("category: {under: Photo}", "A1 A2 A3 B1 B2"),
        ('category: {under: "Photo > Cameras"}', "A1 A2 A3"),
        ("category: {under: Phot}", ""),
        ("category: Photo", ""),
        ("price: {above: 100}", "A2 A3"),
        ("price: {at_least: 100}", "A1 A2 A3"),
        ("price: {below: 20}", "B2"),
        ("price: {at_most: 20}", "B1 B2"),
        ("price: {above: 10, below: 100.5}", "A1 B1"),
        ("price: 100", "A1"),
        ("price: {is_not: 100}", "A2 A3 B1 B2"),
        ("not: {price: {above: 10}}", "B2 T1"),
        ("stock: {missing: true}", "B1"),
        ("stock: 0", "A3"),
        ("order_count: {at_least: 8}", "A1 A2"),
        ("product_id: P1", "A1 A2"),
        ("item_id: [A1, B2]", "A1 B2"),
        ("plug: usb", "A1 A2 T1"),
        ("size: 5", "A1 A2"),
        ('size: "5"', "A1"),
        ("size: [5, large]", "A1 A2 B1"),
        ("size: {above: 5}", "A3"),
        ("size: {is_not: 5}", "A3 B1 B2"),
        ("any: [{brand: Canon}, {stock: {missing: true}}]", "A3 B1"),
        ("all: [{brand: Sony}, {not: {any: [{price: 100}, {plug: {missing: true}}]}}]", "A2"),
        ("brand: Sony\n    price: {above: 20}", "A1 A2"),
    ],
)
def test_a_condition_chooses_the_items_for_which_it_holds(
    tmp_path: Path, condition: str, expected: str
) -> None:
    text = f"- name: r\n  applies_to: [anything]\n  show:\n    {condition}\n"
    book = book_of(tmp_path, drawn_shelf(SHELF), text=text)
    matching = text.replace("show:", "match:")
    matched = book_of(tmp_path, drawn_shelf(SHELF), text=matching)

    pages = other_pages("segment", "everyone")
    assert expected.split() == offered(book, pages).get("everyone", [])
    assert expected.split() == sorted(offered(matched, item_pages(drawn_shelf(SHELF))))


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("brand: {same_as_source: true}", {"A1": "A2 B1", "A2": "A1 B1", "B1": "A1 A2"}),
        (
            "brand: {differs_from_source: true}",
            {
                "A1": "A3 T1", "A2": "A3 T1", "A3": "A1 A2 B1 T1", "B1": "A3 T1",
                "T1": "A1 A2 A3 B1",
            },
        ),
        (
            "price: {above_of_source: 1.1}",
            {"A1": "A3", "B1": "A1 A2 A3", "B2": "A1 A2 A3 B1"},
        ),
        (
            "price: {at_least_of_source: 1.1}",
            {"A1": "A2 A3", "B1": "A1 A2 A3", "B2": "A1 A2 A3 B1"},
        ),
        ("price: {below_of_source: 0.5}", {"A1": "B1 B2", "A2": "B1 B2", "A3": "B1 B2"}),
        (
            "price: {at_most_of_source: 0.5}",
            {"A1": "B1 B2", "A2": "B1 B2", "A3": "B1 B2", "B1": "B2"},
        ),
        ("size: {same_as_source: true}", {"A1": "A2", "A2": "A1"}),
        ("size: {at_least_of_source: 2}", {"A1": "A3", "A2": "A3"}),
        (
            "plug: {same_as_source: true}\n    category: {differs_from_source: true}",
            {"A1": "T1", "A2": "T1", "T1": "A1 A2"},
        ),
        (
            "any: [{category: Toys}, {price: {below_of_source: 0.5}, name: {contains: small}}]",
            {"A1": "B2 T1", "A2": "B2 T1", "A3": "B2 T1", "B1": "T1", "B2": "T1"},
        ),
        (
            "category: {under: Photo}\n    not: {brand: {same_as_source: true}}",
            {
                "A1": "A3 B2", "A2": "A3 B2", "A3": "A1 A2 B1 B2", "B1": "A3 B2",
                "B2": "A1 A2 A3 B1", "T1": "A1 A2 A3 B1 B2",
            },
        ),
    ],
)  # fmt: skip
def test_what_is_shown_may_be_held_against_the_item_of_the_page(
    tmp_path: Path, condition: str, expected: dict[str, str]
) -> None:
    shelf = drawn_shelf(SHELF)
    text = f"- name: r\n  applies_to: [anything]\n  show:\n    {condition}\n"

    found = offered(book_of(tmp_path, shelf, text=text), item_pages(shelf))
    assert {page: items.split() for page, items in expected.items()} == {
        page: items for page, items in found.items() if items
    }


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ([], "A1 A2 A3 B1 B2 T1"),
        (["order_count desc"], "A1 A2 A3 B1 B2 T1"),
        (["order_count asc"], "T1 B1 B2 A3 A2 A1"),
        (["price asc"], "B2 B1 A1 A2 A3 T1"),
        (["price desc"], "A3 A2 A1 B1 B2 T1"),
        (["brand asc", "price desc"], "T1 A3 A2 A1 B1 B2"),
        (["category asc", "name desc"], "B2 B1 A3 A2 A1 T1"),
        (["stock desc"], "B2 T1 A1 A2 A3 B1"),
        (["item_id desc"], "T1 B2 B1 A3 A2 A1"),
        (["size asc"], "A1 A2 A3 B1 B2 T1"),
        (["size desc"], "B2 B1 A3 A1 A2 T1"),
    ],
)
def test_items_come_in_the_stated_order_what_is_missing_last_then_by_orders_and_id(
    tmp_path: Path, order: list[str], expected: str
) -> None:
    book = book_of(tmp_path, drawn_shelf(SHELF), rule_of(order_by=order))

    assert expected.split() == offered(book, other_pages("segment", "everyone"))["everyone"]


def test_rules_come_by_priority_then_in_the_order_of_the_file(tmp_path: Path) -> None:
    shelf = drawn_shelf(SHELF)
    names = [("late", 200), ("a", 100), ("first", -1), ("b", 100), ("other", 1)]
    rules = [
        {"name": name, "priority": priority, "applies_to": ["scene" if name == "other" else
         "anything"], "max_results": 2}
        for name, priority in names
    ]  # fmt: skip
    book = book_of(tmp_path, shelf, *rules)
    found = rule_lists(book, item_pages(shelf), "anything")

    assert ["rule:first", "rule:a", "rule:b", "rule:late"] == [one.origin for one in found]
    assert [2, 2, 2, 2] == [one.most for one in found]
    assert "rule first, ordered by order_count desc" == found[0].reason


def test_a_list_is_as_long_as_candidates_may_be_besides_the_item_of_the_page(
    tmp_path: Path,
) -> None:
    shelf = drawn_shelf(SHELF)
    book = book_of(tmp_path, shelf, rule_of(), most=2)

    assert ["A1", "A2"] == offered(book, other_pages("segment", "everyone"))["everyone"]
    assert ["A1", "A2", "A3"] == offered(book, item_pages(shelf))["T1"]


def test_what_may_not_be_shown_takes_no_place_among_the_candidates(tmp_path: Path) -> None:
    shelf = drawn_shelf(SHELF)
    made = book_of(tmp_path, shelf, rule_of(match={"item_id": "T1"}), most=1)
    eligible = np.array([item in {"A3", "B2", "T1"} for item in shelf.item_ids])
    book = RuleBook(made.setting, eligible, made.rules, made.file)

    assert {"T1": ["A3", "B2"]} == offered(book, item_pages(shelf))


@pytest.mark.parametrize(
    ("relation", "beside_shirt", "beside_a"),
    [
        ("also_bought", "A B D", "S00 S01 S02"),
        ("accessory", "A D", "S00 S01 S02"),
        ("down_sell", "S01", ""),
    ],
)
def test_what_the_relation_type_refuses_takes_no_place_either(
    tmp_path: Path, relation: str, beside_shirt: str, beside_a: str
) -> None:
    family: list[dict[str, Cell]] = [
        {"item": f"S{size:02}", "product": "S", "category": "Shirts", "orders": "9"}
        for size in range(SMALL_FAMILY + 1)
    ]
    others = drawn("""
        item | product | category | orders
        A    | A       | -        | 8
        B    | B       | Shirts   | 7
        D    | -       | Shoes    | 6
    """)
    shelf = shelf_of([*family, *others])
    book = book_of(tmp_path, shelf, {"name": "r", "applies_to": [relation]}, most=1)
    found = offered(book, item_pages(shelf), relation)

    assert beside_shirt.split() == found["S00"]
    assert beside_a.split() == found.get("A", [])[:3]


def test_a_small_family_is_left_to_the_page_and_takes_no_place(tmp_path: Path) -> None:
    shelf = drawn_shelf(SHELF)
    book = book_of(tmp_path, shelf, {"name": "r", "applies_to": ["also_bought"]}, most=1)

    assert ["A2", "A3"] == offered(book, item_pages(shelf), "also_bought")["A1"][:2]


def test_pages_of_categories_have_rules_that_ask_for_the_category_alone(tmp_path: Path) -> None:
    shelf = drawn_shelf(SHELF)
    pages = other_pages("category", "Photo", "Photo > Bags", "Toys")
    cheap = {"price": {"below": 20}}

    def pages_with(**written: Any) -> dict[str, list[str]]:
        return offered(book_of(tmp_path, shelf, rule_of(**written)), pages)

    assert {key: ["B2"] for key in pages.ids} == pages_with(show=cheap)
    assert {"Photo": ["B2"], "Photo > Bags": ["B2"]} == pages_with(
        show=cheap, match={"category": {"under": "Photo"}}
    )
    assert {"Photo": ["B2"], "Toys": ["B2"]} == pages_with(
        show=cheap, match={"not": {"category": "Photo > Bags"}}
    )
    assert {} == pages_with(show=cheap, match={"category": "Photo", "brand": "Sony"})
    assert {} == pages_with(show={"brand": {"same_as_source": True}})


def test_home_pages_have_rules_without_match_and_a_rule_may_be_for_some_segments(
    tmp_path: Path,
) -> None:
    shelf = drawn_shelf(SHELF)
    pages = other_pages("segment", "everyone", "champions")
    rules = [
        rule_of(show={"brand": "Brio"}, customer_segments=["champions"]),
        rule_of(name="s", match={"category": "Toys"}),
    ]
    book = book_of(tmp_path, shelf, *rules, segments=("champions",))
    (found,) = rule_lists(book, pages, "anything")

    assert ("rule:r", ("champions",)) == (found.origin, found.segments)
    assert {"everyone": ["T1"], "champions": ["T1"]} == shown(found, pages, shelf)
    assert [] == told(book.setting)


def test_without_a_file_there_are_no_rules() -> None:
    shelf = drawn_shelf(SHELF)
    book = open_rules(setting_of(shelf), np.ones(len(shelf), np.bool_))

    assert [] == rule_lists(book, item_pages(shelf), "accessory")


WARNED = """
- name: sleeping
  enabled: false
  applies_to: [nonsense]
- name: old
  applies_to: [nonsense]
  valid_to: 1970-01-10
- name: today
  applies_to: [anything]
  valid_from: 1970-01-11
  valid_to: 1970-01-11
- name: planned
  applies_to: [nonsense]
  valid_from: 1970-01-12
- name: lost
  applies_to: [anything, anythin]
  customer_segments: [champion]
  match:
    brand: {one_of: [Sony, Canon, Lumix]}
    price: {below: 5}
  show:
    category: {under: "Photo > Camera"}
    size: {above: 7}
- name: lonely
  applies_to: [anything]
  match: {item_id: A1}
  show:
    size: 11
    name: {contains: Wheel}
    price: {above_of_source: 3}
- name: too_dear
  applies_to: [anything]
  match: {brand: Canon}
  show: {price: {above_of_source: 3}}
"""


def test_what_is_odd_about_a_live_rule_is_remarked_on_with_its_line(tmp_path: Path) -> None:
    shelf = drawn_shelf(SHELF)
    book = book_of(tmp_path, shelf, text=WARNED.lstrip(), segments=("champions", "loyal"))

    expected = """
        expired rules.yaml:4: rule 'old' expired: valid to 1970-01-10; it does nothing
        not_yet_valid rules.yaml:11: rule 'planned' is not yet valid: from 1970-01-12 on
        unknown_relation rules.yaml:14: rule 'lost' applies to 'anythin', which is no relation \
type; did you mean anything?
        unknown_segment rules.yaml:14: rule 'lost' is for the segment 'champion', which there \
is not; did you mean champions?
        unknown_value rules.yaml:18: rule 'lost' asks for brand one_of 'Lumix': no item has that
        unknown_value rules.yaml:21: rule 'lost' asks for category under 'Photo > Camera': no \
item has that; did you mean Photo > Cameras?
        matches_nothing rules.yaml:14: rule 'lost' matches no item
        shows_nothing rules.yaml:14: rule 'lost' shows nothing: no item that may be shown fits
        unknown_value rules.yaml:27: rule 'lonely' asks for size is '11': no item has that
        unknown_value rules.yaml:28: rule 'lonely' asks for name contains 'Wheel': no item has that
        shows_nothing rules.yaml:23: rule 'lonely' shows nothing: no item that may be shown fits
    """
    lines = [line.strip() for line in expected.strip().splitlines()]
    assert lines == told(book.setting)
    assert [] == rule_lists(book, item_pages(shelf), "anything")[1:]
    message = "rule 'too_dear' shows nothing as anything beside any item that it matches"
    lines.append(f"shows_nothing rules.yaml:30: {message}")
    assert lines == told(book.setting)
    rule_lists(book, item_pages(shelf), "anything")
    assert lines == told(book.setting)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({}, None),
        ({"match": {"category": "Photo"}}, None),
        (
            {"match": {"brand": "Canon"}},
            "pages of categories and customer segments (home), and it can be for items alone",
        ),
        (
            {"show": {"brand": {"same_as_source": True}}},
            "items alone, as it compares with the item of the page",
        ),
    ],
)
def test_a_rule_without_a_page_on_which_it_counts_is_remarked_on(
    tmp_path: Path, rule: dict[str, Any], message: str | None
) -> None:
    slots = [Slots(relation="anything", count=2)]
    pages = [
        Placement(name="category", page="category", slots=slots),
        Placement(name="home", page="home", slots=slots),
    ]
    book = book_of(tmp_path, drawn_shelf(SHELF), rule_of(**rule), placements=pages)
    found = [line for line in told(book.setting) if line.startswith("no_page ")]
    assert [message is not None] == [bool(found)]
    assert not found or str(message) in found[0]
    pages.append(Placement(name="item", slots=slots))
    book = book_of(tmp_path, drawn_shelf(SHELF), rule_of(**rule), placements=pages)
    assert not any(line.startswith("no_page ") for line in told(book.setting))


COLUMNS = {
    "brand": ["Sony", "Canon", "Son"],
    "category": ["Photo", "Photo > Bags", "Photos"],
    "name": ["big Bag", "bag", "5"],
    "size": ["5", "5.0", "7", "10", "red", "-3"],
    "price": ["10", "11", "12.1", "100", "110", "19.99", "21.989"],
    "stock": ["0", "1", "7"],
}


def drawn_items() -> st.SearchStrategy[list[dict[str, str | None]]]:
    """Draw small shelves, on which much is missing and much is alike."""
    cells = {column: st.sampled_from([None, *values]) for column, values in COLUMNS.items()} | {
        "orders": st.sampled_from(["1", "2"]),
        "product": st.sampled_from([None, "P", "Q"]),
    }
    return st.lists(st.fixed_dictionaries(cells), min_size=1, max_size=9).map(
        lambda rows: [{"item": f"I{place}", **row} for place, row in enumerate(rows)]
    )


def written_comparisons(*, beside: bool) -> st.SearchStrategy[dict[str, Any]]:
    """Draw comparisons as they are written."""

    def of(column: str) -> st.SearchStrategy[dict[str, Any]]:
        texts = COLUMNS[column]
        is_number, is_attribute = column in oracle.NUMBERS, column == "size"
        values: st.SearchStrategy[Any] = st.sampled_from(texts)
        if is_number or is_attribute:
            values = st.sampled_from([float(one) for one in texts if one[-1].isdigit()])
        if is_attribute:
            values |= st.sampled_from(texts)
        operators = {
            "is": values, "is_not": values, "missing": st.booleans(),
            "one_of": st.lists(values, min_size=1, max_size=2),
            "none_of": st.lists(values, min_size=1, max_size=2),
        }  # fmt: skip
        if not is_number:
            operators["contains"] = st.sampled_from(["b", "5", "on"])
        if column == "category":
            operators["under"] = values
        if is_number or is_attribute:
            bounds = st.sampled_from([5, 10, 11.0, 12.1])
            operators |= dict.fromkeys(("above", "at_least", "below", "at_most"), bounds)
        if beside:
            yes = st.just(value=True)
            operators |= {"same_as_source": yes, "differs_from_source": yes}
        if beside and (is_number or is_attribute):
            factors = st.sampled_from([0.5, 1, 1.1, 2.0])
            words = ("above", "at_least", "below", "at_most")
            operators |= dict.fromkeys([f"{word}_of_source" for word in words], factors)
        return st.sampled_from(sorted(operators)).flatmap(
            lambda name: operators[name].map(lambda value: {column: {name: value}})
        )

    return st.sampled_from(sorted(COLUMNS)).flatmap(of)


def written_conditions(*, beside: bool) -> st.SearchStrategy[dict[str, Any]]:
    """Draw conditions as they are written, nested."""
    nested = st.recursive(
        written_comparisons(beside=beside),
        lambda inner: st.one_of(
            st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"all": parts}),
            st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"any": parts}),
            inner.map(lambda part: {"not": part}),
        ),
        max_leaves=5,
    )
    return st.just({}) | nested


ORDERS = st.lists(
    st.sampled_from([
        f"{column} {direction}"
        for column in ("price", "stock", "size", "brand", "name", "order_count", "item_id")
        for direction in ("asc", "desc")
    ]),
    max_size=2,
)  # fmt: skip


@given(
    rows=drawn_items(),
    written=st.fixed_dictionaries(
        {
            "match": written_conditions(beside=False),
            "show": written_conditions(beside=True),
            "order_by": ORDERS,
        }
    ),
    most=st.integers(1, 4),
)
def test_lists_are_those_of_the_oracle(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, str | None]],
    written: dict[str, Any], most: int,
) -> None:  # fmt: skip
    rule = rule_of(**written)
    shelf = shelf_of(rows)
    book = book_of(tmp_path_factory.getbasetemp(), shelf, rule, most=most)
    found = offered(book, item_pages(shelf))

    expected = oracle.beside(rule, list(rows), most)
    assert expected == {page: items[:most] for page, items in found.items() if items}
    assert all(len(items) <= most + 1 for items in found.values())


def test_the_oracle_agrees_with_a_drawn_shelf() -> None:
    rule = rule_of(
        match={"brand": "Sony"}, show={"price": {"above_of_source": 1}}, order_by=["price desc"]
    )

    assert {"A1": ["A3", "A2"], "A2": ["A3"], "B1": ["A3", "A2"]} == oracle.beside(
        rule, list(drawn(SHELF)), 2
    )


@pytest.mark.parametrize(
    ("show", "order"),
    [
        ({"price": {"above_of_source": 1.1}}, ["price asc"]),
        ({"price": {"below_of_source": 0.4}}, []),
        ({"price": {"at_least_of_source": 0.95, "at_most_of_source": 1.05}}, ["stock desc"]),
        ({"brand": {"same_as_source": True}, "price": {"below_of_source": 1}}, ["price desc"]),
        (
            {
                "brand": {"differs_from_source": True},
                "category": {"same_as_source": True},
                "size": {"at_least_of_source": 2},
            },
            ["name asc"],
        ),
        ({"any": [{"size": {"same_as_source": True}}, {"price": {"below_of_source": 0.1}}]}, []),
        ({"not": {"price": {"at_most_of_source": 4}}}, ["order_count asc"]),
    ],
)
def test_lists_of_a_shelf_of_many_zones_are_those_of_the_oracle(
    tmp_path: Path, show: dict[str, Any], order: list[str]
) -> None:
    draw = Random(6)  # noqa: S311 (a shelf, no secret)
    rows: list[dict[str, Cell]] = [
        {
            "item": f"I{place:03}",
            "brand": draw.choice(["Sony", "Canon", "Brio", None]),
            "category": draw.choice(["Photo", "Toys", None]),
            "name": draw.choice(["a", "b", "c"]),
            "size": draw.choice(["1", "2", "3", "5", "red", None]),
            "price": draw.choice([None, *(f"{draw.lognormvariate(3, 1):.2f}" for _ in range(9))]),
            "stock": str(draw.randrange(5)),
            "orders": str(draw.randrange(3)),
        }
        for place in range(3 * ZONE + 7)
    ]
    rule, shelf = rule_of(show=show, order_by=order, match={"name": "a"}), shelf_of(rows)
    found = offered(book_of(tmp_path, shelf, rule, most=7), item_pages(shelf))

    assert oracle.beside(rule, list(rows), 7) == {
        page: items[:7] for page, items in found.items() if items
    }
