"""SQL that turns written timestamps into microseconds UTC, and these into local days."""

from collections.abc import Sequence
from itertools import groupby

from pipeline.config.source_options import Timestamps
from pipeline.io.sql_text import literal, literals

DAY_MICROSECONDS = 86_400_000_000
# Years 1 to 9999: what every reader of the tables can represent.
FIRST_INSTANT = -62_135_596_800_000_000
LAST_INSTANT = 253_402_300_799_999_999
# Far more days than there are between the first instant and 1970: makes a number positive.
_MANY_DAYS = 1_000_000
_DATE = r"\d{4}-\d{2}-\d{2}"
_OFFSET = r"(Z|z|[+-]\d{2}(:?\d{2})?)"
_ISO_LOCAL = rf"^{_DATE}([T ].*)?$"
_ISO_OFFSET = rf"^{_DATE}[T ].*{_OFFSET}$"
# The basic forms of ISO 8601, and the extended one of whole hours.
_ISO_OTHERS = ["%Y%m%d", "%Y%m%dT%H%M%S", "%Y%m%dT%H%M", "%Y-%m-%dT%H"]


def from_text(text: str, timestamps: Timestamps) -> str:
    """Return the SQL of the instant that a text stands for; NULL where no format fits."""
    # The database reads these words as instants, whatever the format.
    words = "('infinity', '-infinity', 'epoch')"
    text = f"case when lower({text}) in {words} then null else {text} end"
    grouped = groupby(timestamps.formats, key=_kind)
    options = [_parse(text, kind, list(formats), timestamps.zone) for kind, formats in grouped]
    return options[0] if len(options) == 1 else f"coalesce({', '.join(options)})"


def from_timestamp(column: str, kind: str, zone: str) -> str:
    """Return the SQL of the instant in a column of one of the database's types of time.

    Args:
        column: The column.
        kind: Its type.
        zone: Zone of a type without a zone.
    """
    if kind.endswith("WITH TIME ZONE"):
        return f"epoch_us({column})"
    local = f"cast({column} as timestamp)"
    if zone == "UTC":
        return f"epoch_us({local})"
    # Beyond these years the conversion between zones fails instead of giving NULL.
    is_safe = f"year({column}) between 0 and 10000"
    return f"case when {is_safe} then {_to_utc(local, zone)} end"


def local_day(instant: str, zone: str) -> str:
    """Return the SQL of the local days since 1970-01-01 of an instant."""
    if zone != "UTC":
        local = f"timezone({literal(zone)}, make_timestamptz({instant}))"
        return f"cast(datediff('day', date '1970-01-01', cast({local} as date)) as integer)"
    positive = f"{instant} + {_MANY_DAYS * DAY_MICROSECONDS}"
    return f"cast(({positive}) // {DAY_MICROSECONDS} - {_MANY_DAYS} as integer)"


def _kind(form: str) -> str:
    if "%" not in form:
        return form
    return "offset" if "%z" in form or "%Z" in form else "local"


def _parse(text: str, kind: str, formats: Sequence[str], zone: str) -> str:
    """Return the SQL of one kind of formats: the database tries those of strptime in one call."""
    if kind == "iso":
        return _iso(text, zone)
    if kind == "epoch_seconds":
        return _epoch(text, "decimal(18, 6)", 1_000_000)
    if kind == "epoch_milliseconds":
        return _epoch(text, "decimal(18, 3)", 1_000)
    parsed = f"try_strptime({text}, {literals(formats)})"
    return f"epoch_us({parsed})" if kind == "offset" else _to_utc(parsed, zone)


def _iso(text: str, zone: str) -> str:
    local = _to_utc(f"try_cast({text} as timestamp)", zone)
    basic = _to_utc(f"try_strptime({text}, {literals(_ISO_OTHERS)})", zone)
    # Casts read no small z, and `%z` of strptime reads none at all.
    zulu = f"replace(replace({text}, 'z', 'Z'), 'Z', '+00')"
    basic_offset = f"epoch_us(try_strptime({zulu}, ['%Y%m%dT%H%M%S%z', '%Y%m%dT%H%M%z']))"
    return (
        f"case when regexp_matches({text}, {literal(_ISO_OFFSET)}) "
        f"then epoch_us(try_cast({zulu} as timestamptz)) "
        f"when regexp_matches({text}, {literal(_ISO_LOCAL)}) then coalesce({local}, {basic}) "
        f"else coalesce({basic}, {basic_offset}) end"
    )


def _epoch(text: str, kind: str, factor: int) -> str:
    # Cast twice: the product of two short decimals is a short one, and overflows.
    return f"cast(cast(try_cast({text} as {kind}) as decimal(30, 6)) * {factor} as bigint)"


def _to_utc(timestamp: str, zone: str) -> str:
    if zone == "UTC":
        return f"epoch_us({timestamp})"
    return f"epoch_us(timezone({literal(zone)}, {timestamp}))"
