"""The file of rules as a JSON Schema, by which editors complete and check it.

The loader checks more: whether a column is one of the catalogue, and what two rules make of names.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, Final, get_args

from pipeline.config.condition_reader import WORDS
from pipeline.config.conditions import OPERATORS, OWN_COLUMNS, Kind, Takes
from pipeline.config.json_schema import DIALECT, tidy
from pipeline.config.rule_options import RuleOptions

_TEXT: Final = {"type": "string", "minLength": 1}
_VALUES: Final[dict[Kind, dict[str, Any]]] = {
    "number": {"type": "number"},
    "text": {"anyOf": [_TEXT, {"type": "integer"}]},
    "category": {"anyOf": [_TEXT, {"type": "integer"}]},
    "attribute": {"anyOf": [_TEXT, {"type": ["number", "boolean"]}]},
}
_GIVEN: Final[dict[Takes, dict[str, Any]]] = {
    "text": _TEXT,
    "number": {"type": "number"},
    "factor": {"type": "number", "exclusiveMinimum": 0},
    "flag": {"type": "boolean"},
    "yes": {"const": True},
}
_FIELD: Final = re.compile(r"\{.*?\}")
_ORDER: Final = r"^[^ ]+ \s*(asc|desc)\s*$"


def rule_schema_text() -> str:
    """Return the text of `docs/rules.schema.json`."""
    return json.dumps(rule_schema(), indent=2, ensure_ascii=False) + "\n"


def rule_schema() -> dict[str, Any]:
    """Return the schema of a file of rules."""
    rule = tidy(RuleOptions.model_json_schema())
    options = rule["properties"]
    options["match"] |= {"anyOf": [{"maxProperties": 0}, {"$ref": "#/$defs/match"}]}
    options["show"] |= {"anyOf": [{"maxProperties": 0}, {"$ref": "#/$defs/show"}]}
    options["order_by"]["items"] = {"type": "string", "pattern": _ORDER}
    return {
        "$schema": DIALECT,
        "title": "Rules of basket",
        "type": ["array", "null"],
        "items": rule,
        "$defs": dict(_conditions()),
    }


def _conditions() -> Iterator[tuple[str, Any]]:
    """Yield the sections of `match` and `show`, and what columns may be held against in each."""
    for section in ("match", "show"):
        itself = {"$ref": f"#/$defs/{section}"}
        words = {key: {"type": "array", "items": itself, "minItems": 1} for key in WORDS}
        columns = {name: _column(section, kind) for name, kind in OWN_COLUMNS.items()}
        yield (
            section,
            {
                "type": "object",
                "minProperties": 1,
                "properties": {**words, "not": itself, **columns},
                "additionalProperties": _column(section, "attribute"),
            },
        )
        for kind in get_args(Kind):
            yield f"{section}_{kind}", _comparisons(kind, beside_source=section == "show")


def _column(section: str, kind: Kind) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{section}_{kind}"}


def _comparisons(kind: Kind, *, beside_source: bool) -> dict[str, Any]:
    """Return what a column may be held against: a value, a list of values, or operators."""
    values = {"type": "array", "items": _VALUES[kind], "minItems": 1}
    given = {**_GIVEN, "value": _VALUES[kind], "values": values}
    operators = {
        name: {"description": _FIELD.sub("…", operator.words), **given[operator.takes]}
        for name, operator in OPERATORS.items()
        if kind in operator.kinds and (beside_source or not operator.is_beside_source)
    }
    section = {
        "type": "object",
        "minProperties": 1,
        "properties": operators,
        "additionalProperties": False,
    }
    return {"anyOf": [_VALUES[kind], values, section]}
