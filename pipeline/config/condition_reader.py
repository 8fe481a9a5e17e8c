"""Read conditions from the tree of a YAML file, and gather what is wrong with them."""

from collections.abc import Mapping, Sequence
from typing import Final

from pipeline.config.conditions import (
    ALWAYS,
    OPERATORS,
    AnyOf,
    Comparison,
    Condition,
    Kind,
    Not,
    Takes,
    Value,
    all_of,
)
from pipeline.config.problems import KeyPath, Problem, unknown
from pipeline.config.report import shown
from pipeline.config.strict_yaml import REFUSED, Document

WORDS: Final = ("all", "any", "not")
_EXPECTED: Final[dict[Takes, str]] = {
    "text": "text",
    "number": "a number",
    "factor": "a number more than 0: 1.1 for 110 % of the value of the page's item",
    "flag": "true or false",
    "yes": "true",
}
_EXPECTED_VALUE: Final[dict[Kind, str]] = {
    "number": "a number",
    "text": "text (in quotes where it looks like something else)",
    "category": "text (in quotes where it looks like something else)",
    "attribute": "text or a number",
}


class ConditionReader:
    """Reads conditions of one file.

    Args:
        document: The file; knows the place of every key.
        columns: What each column holds, by its name.
        beside_source: Whether conditions may compare with the item of the page.
    """

    def __init__(
        self, document: Document, columns: Mapping[str, Kind], *, beside_source: bool
    ) -> None:
        self.problems: list[Problem] = []
        self._document, self._columns = document, columns
        self._beside_source = beside_source

    def read(self, tree: object, path: KeyPath) -> Condition:
        """Return the condition of a section; what is wrong with it becomes a problem.

        Args:
            tree: The section: column names, `all`, `any` and `not`, which all have to hold.
            path: Where it stands.
        """
        return ALWAYS if tree in ({}, REFUSED) else self._group(tree, path)

    def _group(self, tree: object, path: KeyPath) -> Condition:
        if not isinstance(tree, dict) or not tree:
            return self._wrong(path, tree, "a section of columns and what they must be")
        return all_of(tuple(self._entry(key, value, (*path, key)) for key, value in tree.items()))

    def _entry(self, key: str, value: object, path: KeyPath) -> Condition:
        if value is REFUSED:
            return ALWAYS
        if key == "not":
            return Not(self._group(value, path))
        if key in WORDS:
            return self._several(key, value, path)
        if key in self._columns:
            return self._column(key, value, path)
        self.problems.append(unknown(path, "column", [*self._columns, *WORDS]))
        return ALWAYS

    def _several(self, word: str, value: object, path: KeyPath) -> Condition:
        if not isinstance(value, list) or not value:
            return self._wrong(path, value, "a list of conditions")
        parts = tuple(self._group(part, (*path, place)) for place, part in enumerate(value))
        return all_of(parts) if word == "all" else AnyOf(parts)

    def _column(self, column: str, value: object, path: KeyPath) -> Condition:
        if isinstance(value, list):
            return self._comparison(column, "one_of", value, path)
        if not isinstance(value, dict):
            return self._comparison(column, "is", value, path)
        if not value:
            return self._wrong(path, value, "a value, a list of values or operators")
        parts = []
        for name, given in value.items():
            here = (*path, name)
            if fault := self._unsuitable(column, name, here):
                self.problems.append(fault)
            else:
                parts.append(self._comparison(column, name, given, here))
        return all_of(tuple(parts))

    def _unsuitable(self, column: str, name: str, path: KeyPath) -> Problem | None:
        """Return why a column cannot be compared so."""
        operator = OPERATORS.get(name)
        if operator is None:
            return unknown(path, "operator", OPERATORS)
        if operator.is_beside_source and not self._beside_source:
            message = "compares with the item of the page: allowed in show alone"
            return Problem(path, message, is_about_key=True)
        kind = self._columns[column]
        if kind not in operator.kinds:
            fit = [one for one, its in self._columns.items() if its in operator.kinds]
            message = f"does not suit {column}; it suits {', '.join(fit)}"
            return Problem(path, message, is_about_key=True)
        return None

    def _comparison(self, column: str, operator: str, given: object, path: KeyPath) -> Condition:
        if given is REFUSED:
            return ALWAYS
        takes, kind = OPERATORS[operator].takes, self._columns[column]
        value = _value(given, takes, kind)
        if value is None:
            expected = _EXPECTED.get(takes, _EXPECTED_VALUE[kind])
            many = "a list of such: " if takes == "values" else ""
            hint = "; write missing: true" if given is None and takes == "value" else ""
            return self._wrong(path, given, f"{many}{expected}{hint}")
        return Comparison(column, operator, value, self._document.keys[path].line)

    def _wrong(self, path: KeyPath, value: object, expected: str) -> Condition:
        message = f"{shown(value)} is not allowed; expected {expected}"
        self.problems.append(Problem(path, message))
        return ALWAYS


def _value(given: object, takes: Takes, kind: Kind) -> Value | None:
    """Return what an operator is given as it is compared; None where it does not fit."""
    if takes in {"flag", "yes"}:
        return given if isinstance(given, bool) and (given or takes == "flag") else None
    if takes == "text":
        return given if isinstance(given, str) and given else None
    if takes in {"number", "factor"}:
        number = _number(given)
        return number if number is not None and (number > 0 or takes == "number") else None
    if takes == "value":
        return _one(given, kind)
    return _many(given, kind) if isinstance(given, list) and given else None


def _many(given: Sequence[object], kind: Kind) -> tuple[str | float, ...] | None:
    values = tuple(one for value in given if (one := _one(value, kind)) is not None)
    return values if len(values) == len(given) else None


def _one(given: object, kind: Kind) -> str | float | None:
    """Return a value as number or text; an id such as 22086 needs no quotes, 1.50 does."""
    if isinstance(given, bool):
        return str(given).lower() if kind == "attribute" else None
    if isinstance(given, str):
        return None if kind == "number" or not given else given
    if kind in {"number", "attribute"}:
        return _number(given)
    return str(given) if isinstance(given, int) else None


def _number(given: object) -> float | None:
    if isinstance(given, int | float) and not isinstance(given, bool):
        return float(given)
    return None
