"""Options of rules in their context: where, when and for whom a rule is stronger or weaker."""

from typing import Annotated, Final

from pydantic import Field, model_validator

from pipeline.config.section import Count, Section

KNOWN_CONTEXTS: Final = ("weekend", "hour", "segment")
"""Contexts that need no column of their own."""
_HOURS = 24


class Context(Section):
    """Rules inside a part of the orders and outside it."""

    by: list[str] = []
    """Contexts: `weekend`, `hour` (bands of the local clock), `segment` (of the customer, from
    `rfm_segments`), or names of `orders.attributes`; empty leaves the table out."""
    hour_bands: list[Annotated[int, Field(ge=0, lt=_HOURS)]] = [0, 6, 12, 18]
    """Hours at which the bands of `hour` begin, ascending."""
    max_values: Annotated[int, Field(ge=1, le=60)] = 20
    """Values of a context that are told apart, those with most orders."""
    max_rules: Count = 5000
    """Rules between two items that are tested, the best of `association_rules`."""
    min_item_count: Count = 30
    """Orders that must hold each item, inside the part as well as outside."""
    min_customers: Count = 10
    """Distinct customers behind the rule where it is the stronger one, where customers are known:
    the orders of a customer are alike, and few customers make a small part differ."""
    max_q_value: Annotated[float, Field(gt=0, le=1)] = 0.05
    """Differences of a larger q-value are left out; 1 keeps every one that was tested."""

    @model_validator(mode="after")
    def _has_bands(self) -> "Context":
        if not self.hour_bands or sorted(set(self.hour_bands)) != self.hour_bands:
            message = "hour_bands: give one hour or more, ascending"
            raise ValueError(message)
        return self
