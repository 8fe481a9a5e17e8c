"""`docs/basket.schema.json`: what editors know of a configuration agrees with the loader."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from pipeline.config.json_schema import config_schema, schema_text
from pipeline.config.load import load_config
from pipeline.config.scalars import flow_text
from pipeline.config.strict_yaml import read_yaml
from pipeline.errors import ConfigError
from tests.conftest import PROJECT
from tests.test_config import CATALOGUE, EVENTS, OPTIONS, ORDERS, VALUES

VALIDATOR = Draft202012Validator(config_schema())


def tree_of(text: str) -> Any:
    return read_yaml(text.encode(), "shop.yaml").tree


def test_the_file_equals_the_model() -> None:
    text = (PROJECT / "docs" / "basket.schema.json").read_text(encoding="utf-8")
    assert schema_text() == text
    Draft202012Validator.check_schema(json.loads(text))


@pytest.mark.parametrize(
    "path", sorted((PROJECT / "configs").glob("*.yaml")), ids=lambda path: path.name
)
def test_every_configuration_of_the_project_fits(path: Path) -> None:
    tree = tree_of(path.read_text(encoding="utf-8"))
    assert [] == [error.message for error in VALIDATOR.iter_errors(tree)]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("mining: {min_suport: 0.1}", "mining"),
        ("mining: {min_support: 0}", "mining.min_support"),
        ("mining: {grain: basket}", "mining.grain"),
        ("orders: {columns: {order: x}}", "orders.columns"),
        ("orders: {lookups: [{files: a}]}", "orders.lookups.0"),
        ("output: {tables: [also_bougt]}", "output.tables.0"),
        ("engine: {threads: true}", "engine.threads"),
        ("events: 5", "events"),
    ],
)
def test_an_editor_marks_what_does_not_fit(text: str, place: str) -> None:
    errors = VALIDATOR.iter_errors(tree_of(text))
    assert place in {".".join(map(str, error.absolute_path)) for error in errors}


def test_every_option_has_its_meaning() -> None:
    schema = config_schema()
    parts = {"": schema, **schema["$defs"]}
    described = {
        f"{name}.{key}": "description" in option or "$ref" in option
        for name, part in parts.items()
        for key, option in part["properties"].items()
    }
    assert all(described.values()), described


@given(st.dictionaries(st.sampled_from(OPTIONS), VALUES, max_size=3))
def test_whatever_loads_fits(
    tmp_path_factory: pytest.TempPathFactory, values: dict[str, object]
) -> None:
    tree = tree_of(ORDERS + EVENTS + CATALOGUE)
    for name, value in values.items():
        *sections, key = name.split(".")
        section = tree
        for part in sections:
            section = section.setdefault(part, {})
            if not isinstance(section, dict):
                return
        section[key] = value
    path = tmp_path_factory.getbasetemp() / "fits.yaml"
    path.write_text(flow_text(tree), encoding="utf-8")
    try:
        load_config(path)
    except ConfigError:
        return
    assert [] == [error.message for error in VALIDATOR.iter_errors(tree)]
