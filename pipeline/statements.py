"""The steps of a run as SQL text, with the values that it had."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from pipeline.config.problems import suggestion
from pipeline.engine import Step, Value
from pipeline.errors import UsageError

_NAME = re.compile(r"\$([a-z_]+)")


def statements(steps: Sequence[Step], table: str, published: Collection[str] = ()) -> str:
    """Return every statement that built a table, values in place, under a comment each.

    Args:
        steps: All steps of a run, in order.
        table: The table that was built.
        published: Tables of the run, of which some are made without SQL.

    Raises:
        UsageError: No step built it; the message names the nearest step, or all.
    """
    found = [
        f"{_header(step, number, len(steps))}\n{pasted(step)};"
        for number, step in enumerate(steps, start=1)
        if step.table == table
    ]
    if not found and table in published:
        message = f"{table!r} was made without SQL, by the program itself"
        raise UsageError(message)
    if not found:
        known = sorted({step.table for step in steps})
        message = f"no step of this run built {table!r}; {suggestion(table, known)}"
        raise UsageError(message)
    return "\n\n".join(found)


def pasted(step: Step) -> str:
    """Return the statement of a step with literals for its values; of slices, the first."""
    values = {**step.values, "slice": 0, "slices": step.slices}
    return _NAME.sub(lambda name: _value(name, values), step.sql.strip())


def literal(value: Value) -> str:
    """Return a value as SQL.

    Example:
        >>> [literal(value) for value in ("it's", 3, True, None)]
        ["'it''s'", '3', 'true', 'null']
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else repr(value)


def _value(name: re.Match[str], values: Mapping[str, Value]) -> str:
    return literal(values[name[1]]) if name[1] in values else name[0]


def _header(step: Step, number: int, total: int) -> str:
    return "\n".join(_comments(step, number, total))


def _comments(step: Step, number: int, total: int) -> Iterator[str]:
    yield f"-- {step.table}: step {number} of {total}, {step.rows} rows"
    if step.slices > 1:
        yield f"-- ran in {step.slices} slices; this is $slice = 0"
    for name, value in step.values.items():
        yield f"-- ${name} = {literal(value)}"
