"""A rule is described before it is live: what it matches and shows."""

from pathlib import Path

import pytest

from pipeline.errors import UsageError
from pipeline.serving.rule_description import Example, NamedItem, describe_rule
from tests.shelves import drawn_shelf
from tests.test_serving_rules import SHELF, book_of, rule_of


def ids(items: tuple[NamedItem, ...]) -> str:
    """Return the ids of items, one after the other."""
    return " ".join(item.item_id for item in items)


def test_a_rule_that_waits_is_described_as_if_it_were_live(tmp_path: Path) -> None:
    rule = rule_of(
        name="dearer", priority=5, valid_from="1970-02-01", max_results=1,
        match={"category": {"under": "Photo"}},
        show={"price": {"above_of_source": 1.05}, "brand": {"is_not": "Nokia"}},
        order_by=["price asc"],
    )  # fmt: skip
    found = describe_rule(book_of(tmp_path, drawn_shelf(SHELF), rule), "dearer")

    assert ("dearer", 1, "planned", 5) == (found.name, found.line, found.state, found.priority)
    assert (("item",), ("anything",), "anything") == (
        found.pages, found.applies_to, found.relation,
    )  # fmt: skip
    assert "category is under Photo" == found.match
    assert "price is above 105 % of that of the page's item and brand is not Nokia" == found.show
    assert "price asc, order_count desc, item_id asc" == found.order_by
    assert (5, "A1 A2 A3 B1 B2") == (found.matched_count, ids(found.matched))
    assert (3, 4, "B1 A1 A2 A3") == (found.filled_count, found.shown_count, ids(found.shown))
    assert (
        Example(NamedItem("A1", "Body One"), (NamedItem("A2", "Body One red"),)),
        Example(NamedItem("B1", "Bag"), (NamedItem("A1", "Body One"),)),
        Example(NamedItem("B2", "Small bag"), (NamedItem("B1", "Bag"),)),
    ) == found.examples
    assert (
        "rules.yaml:1: rule 'dearer' asks for brand is_not 'Nokia': no item has that",
    ) == found.remarks


@pytest.mark.parametrize(
    ("written", "state"),
    [({"enabled": False}, "disabled"), ({"valid_to": "1970-01-01"}, "expired"), ({}, "live")],
)
def test_whether_a_rule_counts_today_is_told(
    tmp_path: Path, written: dict[str, object], state: str
) -> None:
    rule = rule_of(show={"brand": "Brio"}, **written)
    found = describe_rule(book_of(tmp_path, drawn_shelf(SHELF), rule), "r")

    assert (state, 6, 1, "T1") == (
        found.state, found.matched_count, found.shown_count, ids(found.shown),
    )  # fmt: skip
    assert 5 == found.filled_count  # T1 is not shown beside itself
    assert (("item", "category", "segment"), "any item") == (found.pages, found.match)
    assert () == found.remarks


def test_the_relation_type_adds_its_own_conditions(tmp_path: Path) -> None:
    rule = {"name": "r", "applies_to": ["nonsense", "accessory", "down_sell"]}
    book = book_of(tmp_path, drawn_shelf(SHELF), rule)
    far, near = describe_rule(book, "r"), describe_rule(book, "r", "down_sell")

    assert ("accessory", "B1 B2 T1") == (far.relation, ids(far.examples[0].targets))
    assert ("down_sell", "A2 A3") == (near.relation, ids(near.examples[0].targets))
    assert (5, 5) == (near.filled_count, near.shown_count)  # T1 is alone in its category


def test_an_unknown_rule_or_relation_type_is_named_with_the_nearest_one(tmp_path: Path) -> None:
    book = book_of(tmp_path, drawn_shelf(SHELF), rule_of(name="dearer"))

    with pytest.raises(UsageError, match=r"no rule is named 'deerer'; did you mean dearer\?"):
        describe_rule(book, "deerer")
    with pytest.raises(UsageError, match="rule 'dearer' is not for 'scene'; known are anything"):
        describe_rule(book, "dearer", "scene")
