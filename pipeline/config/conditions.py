"""Conditions on items: what they are, and what they say in words."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["number", "text", "category", "attribute"]
"""What a column of the catalogue holds; an attribute may hold numbers, texts or both."""
Takes = Literal["value", "values", "text", "number", "factor", "flag", "yes"]
"""What an operator is given: `factor` is a positive number, `yes` is true alone."""
Value = str | float | bool | tuple[str | float, ...]

OWN_COLUMNS: Final[dict[str, Kind]] = {
    "item_id": "text",
    "product_id": "text",
    "name": "text",
    "category": "category",
    "brand": "text",
    "price": "number",
    "stock": "number",
    "order_count": "number",
}
"""Columns that every catalogue may have."""


@dataclass(frozen=True)
class Operator:
    """How a column is compared.

    Attributes:
        takes: What it is given.
        words: What it says; {} stands for what it is given.
        kinds: Columns that it suits.
        is_beside_source: Whether it compares with the item of the page.
    """

    takes: Takes
    words: str
    kinds: tuple[Kind, ...] = ("number", "text", "category", "attribute")
    is_beside_source: bool = False


_NUMBERS: Final[tuple[Kind, ...]] = ("number", "attribute")
_TEXTS: Final[tuple[Kind, ...]] = ("text", "category", "attribute")
_OF_SOURCE: Final = "{:g} % of that of the page's item"


def _factor(words: str) -> Operator:
    return Operator("factor", f"{words} {_OF_SOURCE}", _NUMBERS, is_beside_source=True)


OPERATORS: Final[dict[str, Operator]] = {
    "is": Operator("value", "is {}"),
    "is_not": Operator("value", "is not {}"),
    "one_of": Operator("values", "is one of {}"),
    "none_of": Operator("values", "is none of {}"),
    "contains": Operator("text", "contains {}", _TEXTS),
    "under": Operator("text", "is under {}", ("category",)),
    "above": Operator("number", "is above {:g}", _NUMBERS),
    "at_least": Operator("number", "is at least {:g}", _NUMBERS),
    "below": Operator("number", "is below {:g}", _NUMBERS),
    "at_most": Operator("number", "is at most {:g}", _NUMBERS),
    "missing": Operator("flag", "is missing"),
    "same_as_source": Operator("yes", "is that of the page's item", is_beside_source=True),
    "differs_from_source": Operator("yes", "is not that of the page's item", is_beside_source=True),
    "above_of_source": Operator(
        "factor", f"is above {_OF_SOURCE}", _NUMBERS, is_beside_source=True
    ),
    "at_least_of_source": Operator(
        "factor", f"is at least {_OF_SOURCE}", _NUMBERS, is_beside_source=True
    ),
    "below_of_source": Operator(
        "factor", f"is below {_OF_SOURCE}", _NUMBERS, is_beside_source=True
    ),
    "at_most_of_source": Operator(
        "factor", f"is at most {_OF_SOURCE}", _NUMBERS, is_beside_source=True
    ),
}


@dataclass(frozen=True)
class Comparison:
    """One column held against a value, or against that of the page's item.

    Attributes:
        column: Name of the column.
        operator: Name of the operator.
        value: What it is given; a number is compared with numbers, a text with texts.
        line: Line in the file of rules, 0 outside one.
    """

    column: str
    operator: str
    value: Value
    line: int = 0

    @property
    def is_beside_source(self) -> bool:
        """Whether it depends on the item of the page."""
        return OPERATORS[self.operator].is_beside_source


@dataclass(frozen=True)
class AllOf:
    """Every part holds; so it is where there are none."""

    parts: tuple["Condition", ...] = ()


@dataclass(frozen=True)
class AnyOf:
    """At least one part holds."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True)
class Not:
    """The part does not hold."""

    part: "Condition"


Condition = Comparison | AllOf | AnyOf | Not
ALWAYS: Final = AllOf()


def comparisons(condition: Condition) -> Iterator[Comparison]:
    """Yield every comparison of a condition."""
    if isinstance(condition, Comparison):
        yield condition
    elif isinstance(condition, Not):
        yield from comparisons(condition.part)
    else:
        for part in condition.parts:
            yield from comparisons(part)


def conjuncts(condition: Condition) -> Iterator[Condition]:
    """Yield the conditions that all have to hold, the parts of nested `all` among them."""
    if isinstance(condition, AllOf):
        for part in condition.parts:
            yield from conjuncts(part)
    else:
        yield condition


def all_of(parts: tuple[Condition, ...]) -> Condition:
    """Return a condition that holds where every part does."""
    return parts[0] if len(parts) == 1 else AllOf(parts)


def words_of(condition: Condition) -> str:
    """Return a condition in words.

    Example:
        >>> words_of(Not(Comparison("price", "above_of_source", 1.1)))
        "not (price is above 110 % of that of the page's item)"
    """
    if isinstance(condition, Comparison):
        return f"{condition.column} {_said(condition)}"
    if isinstance(condition, Not):
        return f"not ({words_of(condition.part)})"
    if not condition.parts:
        return "any item"
    joined = " and " if isinstance(condition, AllOf) else " or "
    return joined.join(
        words_of(part) if isinstance(part, Comparison | Not) else f"({words_of(part)})"
        for part in condition.parts
    )


def _said(comparison: Comparison) -> str:
    operator, value = OPERATORS[comparison.operator], comparison.value
    if operator.takes == "flag":
        return operator.words if value else "is known"
    if isinstance(value, tuple):
        value = ", ".join(map(_plain, value))
    elif operator.takes == "factor":
        value = 100 * float(value)
    return operator.words.format(_plain(value) if operator.takes == "value" else value)


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
