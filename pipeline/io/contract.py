"""What each source must hold: canonical columns, their kinds, and the SQL that reads them.

The text is DuckDB's own dialect: it reads files, which only `io` does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pipeline.config.model import Catalogue, Events, Orders, Source, Timestamps

Kind = Literal["id", "text", "category", "timestamp", "decimal", "integer"]
_INTEGERS = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"}
_NOT_A = {
    "timestamp": "does not match the formats",
    "decimal": "is not a number",
    "integer": "is not a whole number",
}
_OFFSET = r"(Z|z|[+-]\d{2}(:?\d{2})?)$"


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


def literal(text: str) -> str:
    """Return a text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """Return a name as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literals(texts: Sequence[str]) -> str:
    """Return texts as an SQL list."""
    return "[" + ", ".join(literal(text) for text in texts) + "]"


@dataclass(frozen=True)
class Reader:
    """The select list that turns the columns of one source into typed, checked rows.

    Attributes:
        source: Name of the source.
        options: Its part of the configuration.
        types: Type of each column of the files that the mapping names.
        zone: Zone that decides days.
    """

    source: str
    options: Source
    types: Mapping[str, str]
    zone: str

    @property
    def reasons(self) -> list[str]:
        """Reasons for which a row is rejected; the column `reject` holds a place in this list."""
        return [reason for _, reason in self._checks()]

    def select(self, relation: str, also: str = "") -> str:
        """Return the select over a relation; `also` adds columns of the relation.

        The result has the canonical columns, those derived from them, and `reject`: NULL, or the
        place in `reasons` of the first check that failed.
        """
        values = [f"{self._value(field)} as {field.name}" for field in self._fields()]
        raws = [f"{self._raw(field)} as raw_{field.name}" for field in self._fields() if self._is_mapped(field)]
        whens = "".join(
            f" when {condition} then {place}" for place, (condition, _) in enumerate(self._checks())
        )
        return (
            f"select {', '.join(self._outputs())}, cast(case{whens or ' when false then 0'} end as utinyint) as reject{also} "
            f"from (select {', '.join(values + raws)}{also} from {relation})"
        )

    def _fields(self) -> tuple[Field, ...]:
        return CONTRACTS[self.source]

    def _is_mapped(self, field: Field) -> bool:
        return field.name in self.options.columns

    def _columns(self, field: Field) -> list[str]:
        mapped = self.options.columns[field.name]
        return [mapped] if isinstance(mapped, str) else list(mapped)

    def _text(self, column: str) -> str:
        return f"nullif(trim(cast({identifier(column)} as varchar)), '')"

    def _raw(self, field: Field) -> str:
        columns = self._columns(field)
        if len(columns) == 1:
            return self._text(columns[0])
        parts = ", ".join(self._text(column) for column in columns)
        if field.kind == "category":
            return f"nullif(concat_ws(' > ', {parts}), '')"
        return " || '|' || ".join(self._text(column) for column in columns)

    def _type(self, field: Field) -> str:
        columns = self._columns(field)
        return self.types[columns[0]] if len(columns) == 1 else "VARCHAR"

    def _value(self, field: Field) -> str:
        if not self._is_mapped(field):
            return self._absent(field)
        if field.kind == "id":
            return self._id(field)
        if field.kind == "timestamp":
            return self._timestamp(field)
        if field.kind == "decimal":
            return f"try_cast({self._number(field)} as decimal(18, 4))"
        if field.kind == "integer":
            return f"try_cast({self._number(field)} as bigint)"
        return self._raw(field)

    def _absent(self, field: Field) -> str:
        if self.source == "orders" and field.name == "order_id":
            return "nextval('order_lines_read')"
        if field.name == "quantity":
            return "cast(1 as decimal(18, 4))"
        if field.kind == "decimal":
            return "cast(null as decimal(18, 4))"
        if field.kind == "timestamp":
            return "cast(null as bigint)"
        # One byte a row: a column that is not there must not cost memory.
        return "cast(null as tinyint)"

    def _number(self, field: Field) -> str:
        column = self._columns(field)[0]
        return self._raw(field) if self.types[column] == "VARCHAR" else identifier(column)

    def _id(self, field: Field) -> str:
        if self._type(field) in _INTEGERS:
            return f"cast({identifier(self._columns(field)[0])} as bigint)"
        text = self._raw(field)
        if field.name in self.options.integer_ids:
            return rf"regexp_replace({text}, '^(\d+)\.0+$', '\1')"
        return text

    def _timestamp(self, field: Field) -> str:
        given: Timestamps = self.options.timestamps  # type: ignore[attr-defined]
        column = self._columns(field)[0]
        kind = self._type(field)
        if kind == "TIMESTAMP WITH TIME ZONE":
            return f"epoch_us({identifier(column)})"
        if kind.startswith("TIMESTAMP") or kind == "DATE":
            return _to_utc(f"cast({identifier(column)} as timestamp)", given.zone)
        text = self._raw(field)
        options = [_parse(text, form, given.zone) for form in _grouped(given.formats)]
        return options[0] if len(options) == 1 else f"coalesce({', '.join(options)})"

    def _checks(self) -> list[tuple[str, str]]:
        checks = [check for field in self._fields() if self._is_mapped(field) for check in _checks(field)]
        if self.source == "events":
            nobody = "coalesce(cast(visitor_id as varchar), cast(customer_id as varchar), cast(session_id as varchar)) is null"
            checks.append((nobody, "visitor_id, customer_id and session_id are missing"))
        return checks

    def _outputs(self) -> list[str]:
        if isinstance(self.options, Orders):
            return self._order_outputs(self.options)
        if isinstance(self.options, Events):
            return self._event_outputs(self.options)
        return [field.name for field in self._fields()]

    def _order_outputs(self, options: Orders) -> list[str]:
        returns, order_id = options.returns, "order_id"
        is_return = [f"status in ({_values(returns.statuses)})"] if returns.statuses else []
        is_return += ["quantity < 0"] if returns.by_sign else []
        if returns.order_id_prefixes:
            prefixes = "|".join(_escape(prefix) for prefix in returns.order_id_prefixes)
            is_return.append(f"regexp_matches(cast(order_id as varchar), {literal(f'^({prefixes})')})")
            order_id = f"regexp_replace(cast(order_id as varchar), {literal(f'^({prefixes})')}, '')"
        void = f"status in ({_values(options.cancelled_statuses)})" if options.cancelled_statuses else "false"
        purchase = f"event_type in ({_values(options.purchase_types)})" if "event_type" in options.columns else "true"
        return [
            f"{order_id} as order_id", "customer_id", "item_id", "ordered_at",
            f"{_day('ordered_at', self.zone)} as ordered_day", "quantity", "unit_price", "amount", "status",
            f"coalesce({' or '.join(is_return) or 'false'}, false) as is_return",
            f"coalesce({void}, false) as is_void",
            f"coalesce({purchase}, false) as is_purchase",
        ]  # fmt: skip

    def _event_outputs(self, options: Events) -> list[str]:
        kinds = options.event_types
        kind = "0"
        if "event_type" in options.columns:
            kind = (
                f"case when event_type in ({_values(kinds.view)}) then 0 "
                f"when event_type in ({_values(kinds.cart)}) then 1 "
                f"when event_type in ({_values(kinds.purchase)}) then 2 end"
            )
        return [
            f"{self._visitor()} as visitor_id", "customer_id", self._session(), "item_id", "viewed_at",
            f"{_day('viewed_at', self.zone)} as viewed_day", f"cast({kind} as tinyint) as event_kind",
        ]  # fmt: skip

    def _session(self) -> str:
        """Events without a session id, in a log that has them, are one session a day."""
        if "session_id" not in self.options.columns:
            return "session_id"
        day = _day("viewed_at", self.zone)
        field = next(field for field in self._fields() if field.name == "session_id")
        if self._type(field) in _INTEGERS:
            return f"coalesce(session_id, -1 - {day}) as session_id"
        return f"coalesce(session_id, 'day ' || {day}) as session_id"

    def _visitor(self) -> str:
        known = [name for name in ("visitor_id", "customer_id", "session_id") if name in self.options.columns]
        if len(known) < 2:
            return known[0] if known else "visitor_id"
        return f"coalesce({', '.join(f'cast({name} as varchar)' for name in known)})"


def _checks(field: Field) -> list[tuple[str, str]]:
    checks = []
    if field.kind in _NOT_A:
        wrong = f"{field.name} is null and raw_{field.name} is not null"
        checks.append((wrong, f"{field.name} {_NOT_A[field.kind]}"))
    if field.is_required:
        checks.append((f"raw_{field.name} is null", f"{field.name} is missing"))
    return checks


def _values(texts: Sequence[str]) -> str:
    return ", ".join(literal(text) for text in texts) or "null"


def _escape(text: str) -> str:
    return "".join(f"\\{letter}" if not letter.isalnum() else letter for letter in text)


def _to_utc(timestamp: str, zone: str) -> str:
    if zone == "UTC":
        return f"epoch_us({timestamp})"
    return f"epoch_us(timezone({literal(zone)}, {timestamp}))"


def _day(microseconds: str, zone: str) -> str:
    if zone == "UTC":
        return f"cast(floor({microseconds} / 86400000000.0) as integer)"
    local = f"timezone({literal(zone)}, make_timestamptz({microseconds}))"
    return f"cast(datediff('day', date '1970-01-01', cast({local} as date)) as integer)"


def _grouped(formats: Sequence[str]) -> list[list[str]]:
    """Put neighbouring strptime formats together: the database tries a list in one call."""
    groups: list[list[str]] = []
    for form in formats:
        if groups and "%" in form and "%" in groups[-1][0]:
            groups[-1].append(form)
        else:
            groups.append([form])
    return groups


def _parse(text: str, formats: list[str], zone: str) -> str:
    if formats == ["iso"]:
        with_offset = f"epoch_us(try_cast({text} as timestamptz))"
        without = _to_utc(f"try_cast({text} as timestamp)", zone)
        return f"case when regexp_matches({text}, {literal('[T ].*' + _OFFSET)}) then {with_offset} else {without} end"
    if formats == ["epoch_seconds"]:
        return f"try_cast(try_cast({text} as decimal(18, 6)) * 1000000 as bigint)"
    if formats == ["epoch_milliseconds"]:
        return f"try_cast({text} as bigint) * 1000"
    return _to_utc(f"try_strptime({text}, {literals(formats)})", zone)


__all__ = ["CONTRACTS", "Catalogue", "Field", "Reader", "identifier", "literal", "literals"]
