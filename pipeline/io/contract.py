"""What each source must hold: canonical columns and their kinds."""

from dataclasses import dataclass
from typing import Final, Literal

from pipeline.config.source_options import Catalogue, Orders, Source

Kind = Literal["id", "text", "category", "timestamp", "decimal", "integer"]
# Types of the database whose values all fit into a BIGINT.
INTEGERS: Final = frozenset(
    {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"}
)
# Type of numbers that stand for texts; ids that are whole numbers are BIGINT.
CODE_TYPE: Final = "INTEGER"
ITEM_NUMBER: Final = "item_number"


@dataclass(frozen=True)
class Field:
    """A canonical column. A required one that is mapped must have a value in every row."""

    name: str
    kind: Kind
    is_required: bool = False


CONTRACTS: dict[str, tuple[Field, ...]] = {
    "orders": (
        Field("order_id", "id", is_required=True),
        Field("customer_id", "id"),
        Field("item_id", "id"),
        Field("ordered_at", "timestamp", is_required=True),
        Field("quantity", "decimal", is_required=True),
        Field("unit_price", "decimal", is_required=True),
        Field("amount", "decimal", is_required=True),
        Field("status", "text"),
        Field("event_type", "text"),
    ),
    "events": (
        Field("visitor_id", "id"),
        Field("customer_id", "id"),
        Field("session_id", "id"),
        Field("item_id", "id"),
        Field("viewed_at", "timestamp", is_required=True),
        Field("event_type", "text"),
    ),
    "catalogue": (
        Field("item_id", "id", is_required=True),
        Field("product_id", "id"),
        Field("name", "text"),
        Field("category", "category"),
        Field("brand", "text"),
        Field("price", "decimal"),
        Field("stock", "integer"),
    ),
}


def mapped_columns(options: Source) -> list[str]:
    """Return the columns of the files that a source names, lookup keys included, once each."""
    mapped = [*options.columns.values(), *attributes_of(options).values()]
    names = [name for value in mapped for name in ([value] if isinstance(value, str) else value)]
    return [*dict.fromkeys([*names, *(lookup.key for lookup in options.lookups)])]


def attributes_of(options: Source) -> dict[str, str | list[str]]:
    """Return the columns that a source has beside the canonical ones, by name."""
    return options.attributes if isinstance(options, Orders | Catalogue) else {}


def column_name(position: int) -> str:
    """Return the name under which SQL knows the mapped column at this place.

    Names of files may be empty, repeated, or differ in letter case only; these cannot.
    """
    return f"column_{position}"


def attribute_name(position: int) -> str:
    """Return the name under which SQL knows the attribute at this place."""
    return f"attribute_{position}"
