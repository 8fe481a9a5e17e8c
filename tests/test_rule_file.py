"""The file of rules: what is read from it, and what is told of one that is not valid."""

import re
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config.conditions import ALWAYS, OPERATORS, AllOf, AnyOf, Comparison, Not, words_of
from pipeline.config.load import load_config
from pipeline.config.rule_file import Order, Rule, read_rule_file
from pipeline.config.rule_options import RuleOptions
from pipeline.config.scalars import flow_text
from pipeline.errors import ConfigError
from pipeline.io.new_project import write_project
from pipeline.job import opened
from pipeline.progress import Progress
from tests.conftest import PROJECT
from tests.test_strict_yaml import TREES

RULE = "- name: r\n  applies_to: [scene]\n"


def rules_of(folder: Path, text: str) -> list[Rule]:
    """Read a text as `rules.yaml` of a catalogue with colours and watts."""
    path = folder / "rules.yaml"
    path.write_text(text, encoding="utf-8")
    return read_rule_file(path, path.name, ["watt", "colour"])


def problems(folder: Path, text: str) -> list[str]:
    """Return the lines of the message about a text that is not valid."""
    with pytest.raises(ConfigError) as caught:
        rules_of(folder, text)
    return str(caught.value).split("\n")


def test_a_rule_is_read_with_all_that_it_says(tmp_path: Path) -> None:
    text = """\
# Bags for whoever looks at a camera.
- name: Bags for cameras
  priority: 10
  applies_to: [accessory, complementary]
  valid_from: 2026-03-01
  valid_to: 2026-03-31
  max_results: 4
  customer_segments: [champions]
  match:
    category: {under: "Photo > Cameras"}
  show:
    any:
      - colour: [red, 7]
      - not: {brand: Sony, watt: true}
    price: {above: 5, at_most_of_source: 0.5}
    item_id: {is_not: 22086}
  order_by: [price asc, colour desc]
"""
    (rule,) = rules_of(tmp_path, text)
    options = rule.options

    assert ("Bags for cameras", 2, 10, True) == (
        rule.name, rule.line, options.priority, options.enabled,
    )  # fmt: skip
    assert (date(2026, 3, 1), date(2026, 3, 31)) == (options.valid_from, options.valid_to)
    assert Comparison("category", "under", "Photo > Cameras", 10) == rule.match
    assert AllOf((
        AnyOf((
            Comparison("colour", "one_of", ("red", 7.0), 13),
            Not(AllOf((
                Comparison("brand", "is", "Sony", 14), Comparison("watt", "is", "true", 14),
            ))),
        )),
        AllOf((
            Comparison("price", "above", 5.0, 15),
            Comparison("price", "at_most_of_source", 0.5, 15),
        )),
        Comparison("item_id", "is_not", "22086", 16),
    )) == rule.show  # fmt: skip
    assert (Order("price", is_falling=False), Order("colour", is_falling=True)) == rule.order
    assert "category is under Photo > Cameras" == words_of(rule.match)
    assert (
        "(colour is one of red, 7 or not (brand is Sony and watt is true)) and (price is above 5 "
        "and price is at most 50 % of that of the page's item) and item_id is not 22086"
    ) == words_of(rule.show)


def test_what_a_rule_leaves_out_has_its_default(tmp_path: Path) -> None:
    (rule,) = rules_of(tmp_path, RULE)

    assert (100, True, None, None, None, []) == (
        rule.options.priority, rule.options.enabled, rule.options.valid_from,
        rule.options.valid_to, rule.options.max_results, rule.options.customer_segments,
    )  # fmt: skip
    assert (ALWAYS, ALWAYS, ()) == (rule.match, rule.show, rule.order)


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "[]\n"])
def test_a_file_may_hold_no_rule(tmp_path: Path, text: str) -> None:
    assert [] == rules_of(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("prority: 1", "3:3: 0.prority: unknown key; did you mean priority?"),
        ("priority: high", "3:13: 0.priority: high is not allowed; expected a whole number"),
        ("max_results: 0", "3:16: 0.max_results: 0 is not allowed; expected at least 1"),
        ("enabled: no", "3:12: 0.enabled: no: some readers take it for true or false"),
        ("valid_to: 31.03.2026", "3:13: 0.valid_to: '31.03.2026' is no day: write it like 2026"),
        ("valid_to: 20260331", "3:13: 0.valid_to: 20260331 is not allowed; expected"),
        (
            "valid_from: 2026-03-02\n  valid_to: 2026-03-01",
            "1:3: 0: valid_to 2026-03-01 comes before valid_from 2026-03-02",
        ),
        ("match: Sony", "3:10: 0.match: Sony is not allowed; expected a section of columns"),
        ("match:", "3:9: 0.match: null is not allowed; expected a section of columns"),
        ("match: {brnd: Sony}", "3:11: 0.match.brnd: unknown column; did you mean brand?"),
        (
            "match: {price: {abov: 5}}",
            "3:19: 0.match.price.abov: unknown operator; did you mean above?",
        ),
        (
            "match: {brand: {same_as_source: true}}",
            "3:19: 0.match.brand.same_as_source: compares with the item of the page: allowed in s",
        ),
        (
            "show: {brand: {same_as_source: false}}",
            "3:34: 0.show.brand.same_as_source: false is not allowed; expected true",
        ),
        (
            "show: {brand: {above: 5}}",
            (
                "3:18: 0.show.brand.above: does not suit brand; it suits price, stock, "
                "order_count, colour, watt"
            ),
        ),
        ("show: {brand: {under: Sony}}", "3:18: 0.show.brand.under: does not suit brand; it sui"),
        ("show: {price: {contains: '5'}}", "3:18: 0.show.price.contains: does not suit price; "),
        ("show: {price: {above: '5'}}", '3:25: 0.show.price.above: "5" is not allowed; expected'),
        (
            "show: {price: {above_of_source: 0}}",
            "3:35: 0.show.price.above_of_source: 0 is not allowed; expected a number more than 0",
        ),
        ("show: {price: cheap}", "3:17: 0.show.price: cheap is not allowed; expected a number"),
        ("show: {item_id: 1.50}", "3:19: 0.show.item_id: 1.5 is not allowed; expected text (in q"),
        (
            "show: {brand: null}",
            (
                "3:17: 0.show.brand: null is not allowed; expected text (in quotes where it looks "
                "like something else); write missing: true"
            ),
        ),
        ("show: {brand: []}", "3:17: 0.show.brand: [] is not allowed; expected a list of such: t"),
        ("show: {brand: {}}", "3:17: 0.show.brand: {} is not allowed; expected a value, a list o"),
        ("show: {brand: {missing: 1}}", "3:27: 0.show.brand.missing: 1 is not allowed; expected "),
        ("show: {any: []}", "3:15: 0.show.any: [] is not allowed; expected a list of conditions"),
        ("show: {all: {brand: x}}", "3:15: 0.show.all: {brand: x} is not allowed; expected a lis"),
        ("show: {not: {}}", "3:15: 0.show.not: {} is not allowed; expected a section of columns"),
        (
            "order_by: [price]",
            "3:14: 0.order_by.0: 'price': write price asc or price desc",
        ),
        (
            "order_by: [price asc, prise desc]",
            "3:25: 0.order_by.1: unknown column 'prise'; did you mean price?",
        ),
        ("order_by: [price up]", "3:14: 0.order_by.0: 'price up': write price asc or price desc"),
    ],
)
def test_what_is_wrong_is_named_with_its_place_and_what_is_allowed(
    tmp_path: Path, text: str, line: str
) -> None:
    (problem,) = problems(tmp_path, f"{RULE}  {text}\n")
    assert problem.startswith(f"rules.yaml:{line}")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("rules: []", "1:1: expected a list of rules, each beginning with `- name:`"),
        ("- 5", "1:3: 0: 5 is not allowed; expected a rule: a section of keys and values"),
        ("- name: r", "1:3: 0.applies_to: required"),
        ("- {name: r, applies_to: []}", "1:25: 0.applies_to: [] is not allowed; expected at leas"),
        ("- {name: '{n}', applies_to: [a]}", "1:10: 0.name: '{n}': write letters, digits, blanks"),
        (f"{RULE}{RULE}", "3:9: 1.name: 'r' is the name of the rule on line 1 too"),
        (
            "[{name: r, applies_to: [a]}, {name: r, applies_to: [a]}]",
            "1:37: 1.name: 'r' is the name of the rule on line 1 too",
        ),
    ],
)
def test_a_file_of_another_shape_is_refused(tmp_path: Path, text: str, line: str) -> None:
    (problem,) = problems(tmp_path, text)
    assert problem.startswith(f"rules.yaml:{line}")


def test_all_problems_of_all_rules_are_told_at_once_in_the_order_of_the_file(
    tmp_path: Path,
) -> None:
    text = """\
- name: one
  applies_to: scene
  max_results: -1
  show: {prise: 5, brand: {abov: 5}}
- nme: two
  applies_to: [scene]
  match: {watt: [1, null]}
- name: three
  applies_to: [scene]
  order_by: price asc
"""
    assert [
        "rules.yaml:2:15: 0.applies_to: scene is not allowed; expected a list",
        "rules.yaml:3:16: 0.max_results: -1 is not allowed; expected at least 1",
        "rules.yaml:4:10: 0.show.prise: unknown column; did you mean price?",
        "rules.yaml:4:28: 0.show.brand.abov: unknown operator; did you mean above?",
        "rules.yaml:5:3: 1.nme: unknown key; did you mean name?",
        (
            "rules.yaml:7:17: 1.match.watt: [1, null] is not allowed; expected a list of such: "
            "text or a number"
        ),
        'rules.yaml:10:13: 2.order_by: "price asc" is not allowed; expected a list',
    ] == problems(tmp_path, text)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.yaml: the file of rules cannot be read"):
        read_rule_file(tmp_path / "none.yaml", "none.yaml", [])


@given(match=TREES, show=TREES, more=st.dictionaries(st.sampled_from(["order_by", "name"]), TREES))
def test_no_tree_does_anything_but_be_read_or_refused_with_a_place(
    tmp_path_factory: pytest.TempPathFactory, match: Any, show: Any, more: dict[str, Any]
) -> None:
    rule = {"name": "r", "applies_to": ["scene"], "match": match, "show": show, **more}
    lines: list[str] = []
    try:
        rules_of(tmp_path_factory.getbasetemp(), f"- {flow_text(rule)}\n")
    except ConfigError as error:
        lines = str(error).split("\n")
    assert [] == [line for line in lines if not line.startswith("rules.yaml:1:")]


def test_the_rules_of_the_documents_are_valid_and_every_operator_stands_there(
    tmp_path: Path,
) -> None:
    text = (PROJECT / "docs" / "serving.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"<!-- rules: .*? -->\n```yaml\n(.*?)```", text, flags=re.DOTALL)

    assert ["Bags for cameras", "A better one of another brand"] == [
        rule.name for rule in rules_of(tmp_path, example)
    ]
    assert [] == [name for name in OPERATORS if f"`{name}: " not in text]
    assert [] == [name for name in RuleOptions.model_fields if f"`{name}`" not in text]


def test_a_file_that_is_not_valid_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    write_project(tmp_path / "shop")
    config = tmp_path / "shop" / "basket.yaml"
    (tmp_path / "shop" / "rules.yaml").write_text(RULE + "  prority: 1\n", encoding="utf-8")
    loaded = load_config(config, ["serving.rules=rules.yaml"])

    with (
        pytest.raises(ConfigError, match=r"^rules\.yaml:3:3: 0\.prority: unknown key; did you me"),
        opened(loaded, Progress(StringIO()), tmp_path / "spill"),
    ):
        pass
