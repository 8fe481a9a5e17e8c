"""The oracle of rules: what they match and show, item by item in plain Python, exact numbers."""

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from tests.tables import Cell

Item = Mapping[str, Cell]
NUMBERS = ("price", "stock", "order_count")
TEXTS = ("item_id", "product_id", "name", "category", "brand")
_SHELF_NAMES = {"item_id": "item", "product_id": "product", "order_count": "orders"}


def value_of(item: Item, column: str) -> Cell:
    """Return what a drawn item has in a column."""
    value = item.get(_SHELF_NAMES.get(column, column))
    return "0" if value is None and column == "order_count" else value or None


def number_of(text: Cell, column: str) -> Fraction | None:
    """Return a value as a number, None where it is none."""
    is_number = text is not None and re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text)
    return Fraction(text) if text is not None and is_number and column not in TEXTS else None


def plain(value: Any) -> Any:
    """Return a number exactly as it was written."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return Fraction(str(value)) if is_number else value


def equals(text: str, value: Any, column: str) -> bool:
    """Whether a value of an item is one of the file."""
    if isinstance(value, bool):
        return text == str(value).lower()
    if isinstance(value, str) or column in TEXTS:
        return text == str(value)
    return bool(number_of(text, column) == plain(value))


def compares(column: str, operator: str, given: Any, pair: tuple[Item, Item]) -> bool:
    """Whether the target of a pair passes one comparison, beside its source."""
    text, of_source = (value_of(item, column) for item in pair)
    if operator == "missing":
        return (text is None) == bool(given)
    if text is None:
        return False
    if operator in {"same_as_source", "differs_from_source"}:
        is_same = _is_alike(text, of_source, column)
        return of_source is not None and is_same == (operator == "same_as_source")
    if operator.split("_", maxsplit=1)[0] in {"above", "below", "at"}:
        return _is_bounded(
            operator, plain(given), number_of(text, column), number_of(of_source, column)
        )
    return {
        "is": lambda: equals(text, given, column),
        "is_not": lambda: not equals(text, given, column),
        "one_of": lambda: any(equals(text, one, column) for one in given),
        "none_of": lambda: not any(equals(text, one, column) for one in given),
        "contains": lambda: str(given).lower() in text.lower(),
        "under": lambda: f"{text} > ".startswith(f"{given} > "),
    }[operator]()


def _is_alike(text: str, other: Cell, column: str) -> bool:
    numbers = number_of(text, column), number_of(other, column)
    return text == other if None in numbers else numbers[0] == numbers[1]


def _is_bounded(
    operator: str, bound: Fraction, number: Fraction | None, of_source: Fraction | None
) -> bool:
    if operator.endswith("_of_source"):
        if of_source is None:
            return False
        bound *= of_source
    word = operator.removesuffix("_of_source")
    return (
        number is not None
        and {
            "above": number > bound,
            "at_least": number >= bound,
            "below": number < bound,
            "at_most": number <= bound,
        }[word]
    )


def holds(tree: Mapping[str, Any], target: Item, source: Item) -> bool:
    """Whether a condition, as it stands in the file, holds."""
    return all(_entry(key, value, target, source) for key, value in tree.items())


def _entry(key: str, value: Any, target: Item, source: Item) -> bool:
    if key == "not":
        return not holds(value, target, source)
    if key in {"all", "any"}:
        parts = [holds(part, target, source) for part in value]
        return all(parts) if key == "all" else any(parts)
    if isinstance(value, list):
        return compares(key, "one_of", value, (target, source))
    if not isinstance(value, dict):
        return compares(key, "is", value, (target, source))
    return all(compares(key, name, given, (target, source)) for name, given in value.items())


def ranked(items: list[Item], order_by: list[str]) -> list[Item]:
    """Return items in a stated order; then those in more orders come first, then by id."""
    found = sorted(items, key=lambda one: (-int(one.get("orders") or 0), str(one["item"])))
    for text in reversed(order_by):
        column, direction = text.split()
        known = [one for one in found if value_of(one, column) is not None]
        missing = [one for one in found if value_of(one, column) is None]
        found = [
            *sorted(known, key=lambda one: _sort_key(one, column), reverse=direction == "desc"),
            *missing,
        ]
    return found


def _sort_key(item: Item, column: str) -> tuple[bool, Fraction, str]:
    text = value_of(item, column)
    number = number_of(text, column)
    return (number is None, number or Fraction(0), "" if number is not None else str(text))


def beside(rule: Mapping[str, Any], items: list[Item], most: int) -> dict[str, list[str]]:
    """Return what a rule shows beside each item, at most so many, never the item itself."""
    found = {}
    ordered = ranked(items, rule.get("order_by", []))
    for source in items:
        if holds(rule.get("match", {}), source, source):
            shown = [
                str(one["item"])
                for one in ordered
                if one is not source and holds(rule.get("show", {}), one, source)
            ]
            found[str(source["item"])] = shown[:most]
    return {item: shown for item, shown in found.items() if shown}
