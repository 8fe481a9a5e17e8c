"""`docs/rules.schema.json`: what editors know of a file of rules agrees with the loader."""

import json
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from pipeline.config.conditions import OPERATORS
from pipeline.config.rule_file import read_rule_file
from pipeline.config.rule_schema import rule_schema, rule_schema_text
from pipeline.config.scalars import flow_text
from pipeline.config.strict_yaml import read_yaml
from pipeline.errors import ConfigError
from tests.conftest import PROJECT

VALIDATOR = Draft202012Validator(rule_schema())
VALUES: tuple[Any, ...] = (
    "x",
    "",
    7,
    1.5,
    0,
    -1,
    True,
    False,
    None,
    ["x", 7],
    [1.5],
    [],
    {},
    [None],
    {"a": 1},
)
GROUPS: tuple[Any, ...] = (
    [],
    [{}],
    {},
    [{"price": 7}],
    {"price": 7},
    [{"all": [{"brand": "x"}]}],
    7,
)


def loads(folder: Path, rule: dict[str, Any]) -> bool:
    """Return whether the loader takes a file with one rule."""
    path = folder / "rules.yaml"
    path.write_text(f"- {flow_text(rule)}\n", encoding="utf-8")
    try:
        read_rule_file(path, path.name, ["watt"])
    except ConfigError:
        return False
    return True


def rule_of(**written: Any) -> dict[str, Any]:
    return {"name": "r", "applies_to": ["scene"], **written}


def test_the_file_equals_the_options() -> None:
    text = (PROJECT / "docs" / "rules.schema.json").read_text(encoding="utf-8")
    assert rule_schema_text() == text
    Draft202012Validator.check_schema(json.loads(text))


def test_the_rules_of_the_example_shops_and_of_the_documentation_fit() -> None:
    texts = [path.read_text("utf-8") for path in (PROJECT / "configs").glob("*/rules.yaml")]
    serving = (PROJECT / "docs" / "serving.md").read_text("utf-8")
    texts.append(serving.split("<!-- rules:")[1].split("```yaml")[1].split("```")[0])
    assert 2 <= len(texts)
    for text in texts:
        tree = read_yaml(text.encode(), "rules.yaml").tree
        assert [] == [error.message for error in VALIDATOR.iter_errors(tree)]


@pytest.mark.parametrize("section", ["match", "show"])
@pytest.mark.parametrize("column", ["price", "brand", "category", "watt"])
def test_a_comparison_fits_where_it_loads(tmp_path: Path, section: str, column: str) -> None:
    written = [*VALUES, *({name: value} for name, value in product(OPERATORS, VALUES))]
    for value in written:
        rule = rule_of(**{section: {column: value}})
        assert loads(tmp_path, rule) == VALIDATOR.is_valid([rule]), value


@pytest.mark.parametrize("section", ["match", "show"])
@pytest.mark.parametrize("word", ["all", "any", "not"])
def test_groups_of_conditions_fit_where_they_load(tmp_path: Path, section: str, word: str) -> None:
    for value in GROUPS:
        rule = rule_of(**{section: {word: value}})
        assert loads(tmp_path, rule) == VALIDATOR.is_valid([rule]), value


@pytest.mark.parametrize(
    "rule",
    [
        rule_of(),
        rule_of(match={}, show={}, order_by=[]),
        rule_of(match=None),
        rule_of(order_by=["price asc", "watt  desc "]),
        rule_of(order_by=["price"]),
        rule_of(order_by=["price down"]),
        rule_of(valid_from="2026-03-01", max_results=2, enabled=False, priority=-1),
        rule_of(max_results=0),
        rule_of(colour="red"),
        rule_of(applies_to=[]),
        {"name": "r"},
    ],
)
def test_a_rule_fits_where_it_loads(tmp_path: Path, rule: dict[str, Any]) -> None:
    assert loads(tmp_path, rule) == VALIDATOR.is_valid([rule])
