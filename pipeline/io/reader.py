"""The SQL that turns the columns of a source's files into typed, checked rows.

The text is DuckDB's own dialect: it reads files, which only `io` does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.config.source_options import Events, Orders, Source
from pipeline.io import instants
from pipeline.io.contract import (
    CODE_TYPE,
    CONTRACTS,
    INTEGERS,
    ITEM_NUMBER,
    Field,
    attribute_name,
    attributes_of,
    column_name,
)
from pipeline.io.sql_text import literal, one_of

Check = tuple[str, str]
_NOT_A = {
    "timestamp": "does not match the formats",
    "decimal": "is not a number",
    "integer": "is not a whole number",
}
# A product with eight decimals has to fit decimal(18, 8): wider ones take four times as long.
_LARGEST_AMOUNT = 9_999_999_999


@dataclass(frozen=True)
class Reader:
    """The select list that turns the columns of one source into typed, checked rows.

    Attributes:
        source: Name of the source.
        options: Its part of the configuration.
        types: Type of each mapped column, in the order of `mapped_columns`.
        zone: Zone that decides days.
        item_column: Column of item ids that stand in the relation as numbers, `item_number`; None
            where they do not.
    """

    source: str
    options: Source
    types: Mapping[str, str]
    zone: str
    item_column: str | None = None

    @property
    def reasons(self) -> list[str]:
        """Reasons for which a row is rejected; the column `reject` holds a place in this list."""
        return [reason for _, reason in self._checks()]

    @property
    def is_selective(self) -> bool:
        """Whether rows are left out unread: those of an event log that are no purchases."""
        return isinstance(self.options, Orders) and "event_type" in self.options.columns

    def select(self, relation: str, also: str = "") -> str:
        """Return the select over a relation; `also` adds columns of the relation.

        The result has the canonical columns, those derived from them, and `reject`: NULL, or the
        place in `reasons` of the first check that failed.
        """
        raws = [f"{self._raw(field)} as raw_{field.name}" for field in self._mapped()]
        raws += [f"{text} as {name}" for name, text in self._attributes().items()]
        values = [f"{self._value(field)} as {field.name}" for field in self._fields()]
        checks = enumerate(self._checks())
        whens = "".join(f" when {condition} then {place}" for place, (condition, _) in checks)
        return (
            f"select {', '.join(self._outputs())}, "
            f"cast(case{whens} when false then 0 end as utinyint) as reject{also} "
            f"from (select *, {', '.join(values)} "
            f"from (select {', '.join(raws) or 'null as nothing'}{also} from {relation}))"
            f"{self._where()}"
        )

    def _attributes(self) -> dict[str, str]:
        """Return the SQL of each attribute, by the name of its column."""
        given = attributes_of(self.options).values()
        return {
            attribute_name(place): self._joined([mapped] if isinstance(mapped, str) else mapped)
            for place, mapped in enumerate(given)
        }

    def _joined(self, columns: Sequence[str]) -> str:
        return " || '|' || ".join(self._text(column) for column in columns)

    def _where(self) -> str:
        if isinstance(self.options, Orders) and self.is_selective:
            return f" where {one_of('event_type', self.options.purchase_types)}"
        return ""

    def _fields(self) -> tuple[Field, ...]:
        return CONTRACTS[self.source]

    def _mapped(self) -> list[Field]:
        return [field for field in self._fields() if field.name in self.options.columns]

    def _columns(self, field: Field) -> list[str]:
        mapped = self.options.columns[field.name]
        return [mapped] if isinstance(mapped, str) else list(mapped)

    def _type(self, field: Field) -> str:
        """Return the type of a field's raw value: that of its column, or text."""
        columns = self._columns(field)
        is_text = len(columns) > 1 or field.kind in {"text", "category"}
        return "VARCHAR" if is_text else self.types[columns[0]]

    def _name(self, column: str) -> str:
        return column_name(list(self.types).index(column))

    def _text(self, column: str) -> str:
        return f"nullif(trim(cast({self._name(column)} as varchar)), '')"

    def _is_numbered(self, field: Field) -> bool:
        return field.name == "item_id" and self.item_column is not None

    def _raw(self, field: Field) -> str:
        if self._is_numbered(field):
            return ITEM_NUMBER
        if self._type(field) != "VARCHAR":
            return self._name(self._columns(field)[0])
        if field.kind == "category":
            texts = [self._text(column) for column in self._columns(field)]
            return f"nullif(concat_ws(' > ', {', '.join(texts)}), '')"
        return self._joined(self._columns(field))

    def _value(self, field: Field) -> str:
        raw = f"raw_{field.name}"
        if field.name not in self.options.columns:
            return self._absent(field)
        if field.kind == "id":
            return self._id(field, raw)
        if field.kind == "timestamp":
            return self._timestamp(field, raw)
        if field.kind == "decimal":
            return f"try_cast({raw} as decimal(18, 4))"
        if field.kind == "integer":
            # A direct cast would round 12.7 to 13.
            number = f"try_cast({raw} as decimal(18, 4))"
            return f"case when {number} = floor({number}) then cast({number} as bigint) end"
        return raw

    def _absent(self, field: Field) -> str:
        if self.source == "orders" and field.name == "order_id":
            return "cast(0 as bigint)"
        if field.name == "quantity":
            return "cast(1 as decimal(18, 4))"
        if field.kind == "decimal":
            return "cast(null as decimal(18, 4))"
        if field.kind == "timestamp":
            return "cast(null as bigint)"
        # One byte a row: a column that is not there must not cost memory.
        return "cast(null as tinyint)"

    def _id(self, field: Field, raw: str) -> str:
        if self._is_numbered(field):
            return f"cast({raw} as {CODE_TYPE})"
        if self._type(field) in INTEGERS:
            return f"cast({raw} as bigint)"
        if field.name not in self.options.integer_ids:
            return f"cast({raw} as varchar)"
        if self._type(field) in {"DOUBLE", "FLOAT"}:
            # As text a large double is 1e+16.
            whole = f"case when {raw} = floor({raw}) then try_cast({raw} as bigint) end"
            return f"cast(coalesce(cast({whole} as varchar), cast({raw} as varchar)) as varchar)"
        return rf"regexp_replace(cast({raw} as varchar), '^(\d+)\.0+$', '\1')"

    def _timestamp(self, field: Field, raw: str) -> str:
        given = getattr(self.options, "timestamps")  # noqa: B009 - the catalogue has none
        kind = self._type(field)
        if kind.startswith("TIMESTAMP") or kind == "DATE":
            return instants.from_timestamp(raw, kind, given.zone)
        return instants.from_text(f"cast({raw} as varchar)", given)

    def _checks(self) -> list[Check]:
        checks = [check for field in self._mapped() for check in _checks_of(field)]
        mapped = set(self.options.columns)
        if {"quantity", "unit_price"} <= mapped:
            amount = "abs(cast(quantity as double) * cast(unit_price as double))"
            too_large = "quantity times unit_price is too large"
            checks.append((f"{amount} >= {_LARGEST_AMOUNT}", too_large))
        if self.source == "events":
            known = [name for name in ("visitor_id", "customer_id", "session_id") if name in mapped]
            nobody = " and ".join(f"raw_{name} is null" for name in known)
            checks.append((nobody or "true", "visitor_id, customer_id and session_id are missing"))
        return checks

    def _outputs(self) -> list[str]:
        if isinstance(self.options, Orders):
            return self._order_outputs(self.options)
        if isinstance(self.options, Events):
            return self._event_outputs(self.options)
        return [*(field.name for field in self._fields()), *self._attributes()]

    def _order_outputs(self, options: Orders) -> list[str]:
        returns, order_id = options.returns, "cast(order_id as varchar)"
        prefixed = [
            (f"starts_with({order_id}, {literal(prefix)})", len(prefix))
            for prefix in returns.order_id_prefixes
        ]
        is_return = [
            one_of("status", returns.statuses),
            *(is_prefixed for is_prefixed, _ in prefixed),
        ]
        is_return += ["quantity < 0"] if returns.by_sign else []
        bare = "".join(f" when {test} then substr({order_id}, {n + 1})" for test, n in prefixed)
        return [
            f"case{bare} else {order_id} end as order_id" if prefixed else "order_id",
            "customer_id", "item_id", "ordered_at",
            f"{instants.local_day('ordered_at', self.zone)} as ordered_day",
            "quantity", "unit_price", "amount", "status",
            f"coalesce({' or '.join(is_return)}, false) as is_return",
            f"{one_of('status', options.cancelled_statuses)} as is_void",
            *self._attributes(),
        ]  # fmt: skip

    def _event_outputs(self, options: Events) -> list[str]:
        kinds = options.event_types
        kind = "0"
        if "event_type" in options.columns:
            kind = (
                f"case when {one_of('event_type', kinds.view)} then 0 "
                f"when {one_of('event_type', kinds.cart)} then 1 "
                f"when {one_of('event_type', kinds.purchase)} then 2 end"
            )
        return [
            f"{self._visitor()} as visitor_id", "customer_id", f"{self._session()} as session_id",
            "item_id", "viewed_at", f"{instants.local_day('viewed_at', self.zone)} as viewed_day",
            f"cast({kind} as tinyint) as event_kind",
        ]  # fmt: skip

    def _session(self) -> str:
        """Events without a session id, in a log that has them, are one session a day."""
        if "session_id" not in self.options.columns:
            return "session_id"
        day = instants.local_day("viewed_at", self.zone)
        field = next(field for field in self._fields() if field.name == "session_id")
        if self._type(field) in INTEGERS:
            return f"coalesce(session_id, -1 - {day})"
        return f"coalesce(session_id, 'day ' || {day})"

    def _visitor(self) -> str:
        """Return who an event without a visitor id belongs to: its customer, else its session."""
        columns = self.options.columns
        mapped = [name for name in ("visitor_id", "customer_id", "session_id") if name in columns]
        if not mapped:
            return "visitor_id"
        first, *others = mapped
        distinct = [name for name in others if columns[name] != columns[first]]
        if all(self.types.get(str(columns[name])) in INTEGERS for name in [first, *distinct]):
            # Numbers stay numbers; those that stand in are negative, odd or even by their kind.
            numbers = [
                f"case when abs({name}) < {1 << 60} then -2 - {place} - 2 * {name} end"
                for place, name in enumerate(distinct)
            ]
            return f"coalesce({', '.join([first, *numbers])})" if numbers else first
        # An id that stands in for another must not meet one of the same text.
        stand_ins = [f"'{name.removesuffix('_id')} ' || {name}" for name in distinct]
        return (
            f"coalesce({', '.join([f'cast({first} as varchar)', *stand_ins])})"
            if stand_ins
            else first
        )


def _checks_of(field: Field) -> Sequence[Check]:
    checks = []
    if field.kind in _NOT_A:
        wrong = f"{field.name} is null and raw_{field.name} is not null"
        checks.append((wrong, f"{field.name} {_NOT_A[field.kind]}"))
    if field.kind == "timestamp":
        inside = f"{field.name} between {instants.FIRST_INSTANT} and {instants.LAST_INSTANT}"
        checks.append((f"not {inside}", f"{field.name} is outside the years 1 to 9999"))
    if field.is_required:
        checks.append((f"raw_{field.name} is null", f"{field.name} is missing"))
    return checks
