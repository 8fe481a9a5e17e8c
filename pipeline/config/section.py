"""What a part of the configuration tree is, and the types of options that several parts have."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


@dataclass(frozen=True)
class Expandable:
    """Marks an option in which `${NAME}` stands for the value of an environment variable."""


PathText = Annotated[str, Expandable()]
Fraction = Annotated[float, Field(gt=0, le=1)]
Count = Annotated[int, Field(ge=1)]
Days = Annotated[int, Field(ge=1, le=36500)]
BasketGrain = Literal["order", "customer_day", "customer"]
Correction = Literal["benjamini_hochberg", "holm"]
ColumnMapping = dict[str, str | list[str]]


class Section(BaseModel):
    """A frozen part of the tree that knows its own keys and refuses others."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
