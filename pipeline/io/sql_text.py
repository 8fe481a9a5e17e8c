"""Values and names as text of the database's SQL, for the few statements that read files."""

from collections.abc import Sequence


def literal(text: str) -> str:
    """Return a text as an SQL literal.

    >>> literal("O'Reilly")
    "'O''Reilly'"
    """
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """Return a name as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literals(texts: Sequence[str]) -> str:
    """Return texts as an SQL list."""
    return "[" + ", ".join(literal(text) for text in texts) + "]"


def one_of(column: str, texts: Sequence[str]) -> str:
    """Return the condition that a column has one of these values; never NULL."""
    if not texts:
        return "false"
    return f"coalesce({column} in ({', '.join(literal(text) for text in texts)}), false)"
