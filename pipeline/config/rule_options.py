"""Options of a rule: what a merchandiser writes in the file `serving.rules`."""

import re
from datetime import date
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field, field_validator, model_validator

from pipeline.config.section import Count, Section
from pipeline.config.validity import Validity, parse_day

_NAME: Final = re.compile(r"\w[\w .,&+/()%'-]{0,79}")


def _day(value: object) -> object:
    return parse_day(value) if isinstance(value, str) else value


Day = Annotated[date, BeforeValidator(_day)]


class RuleOptions(Section):
    """One rule: beside which items what is shown, and in which order."""

    name: str
    """Its name, which no other rule has; rows that it brings say `rule:<name>`."""
    priority: int = 100
    """Rules of a lower number come first; among equal ones the order of the file counts."""
    enabled: bool = True
    """False puts the rule aside."""
    applies_to: Annotated[list[str], Field(min_length=1)]
    """Relation types whose slots it fills."""
    valid_from: Day | None = None
    """First day, on the clocks of `time_zone`; null for always until now."""
    valid_to: Day | None = None
    """Last day, which still counts; null for ever."""
    max_results: Count | None = None
    """At most so many items of the rule are shown in one list."""
    customer_segments: list[str] = []
    """Segments of customers for whose pages alone the rule is; none for everyone."""
    match: dict[str, Any] = {}
    """Conditions on the item of the page; without any the rule is for every page."""
    show: dict[str, Any] = {}
    """Conditions on the items to show, on their own or beside the item of the page."""
    order_by: list[str] = []
    """Columns with asc or desc: what the shown items are ordered by. Then those come first that
    are in more orders, then item ids decide."""

    @property
    def validity(self) -> Validity:
        """The days on which it holds."""
        return Validity(self.valid_from, self.valid_to)

    @field_validator("name")
    @classmethod
    def _check_name(cls, name: str) -> str:
        if not _NAME.fullmatch(name):
            message = f"{name!r}: write letters, digits, blanks or one of _.,&+/()%'-, 80 at most"
            raise ValueError(message)
        return name

    @model_validator(mode="after")
    def _check_span(self) -> "RuleOptions":
        Validity(self.valid_from, self.valid_to)
        return self
