"""Blanks around the quotes of CSV fields, which the database's reader passes over."""

import re
from collections.abc import Iterator


def without_blanks(record: str, delimiter: str, quote: str) -> str:
    r"""Return a record without the blanks between a quote and the delimiter or line end beside it.

    Blanks inside quotes, and in fields without quotes, stay.

    Args:
        record: Text of one record, its line end included.
        delimiter: One character that is no blank.
        quote: One character.

    Example:
        >>> without_blanks('1, "a"" ,b" ,c \n', ",", '"')
        '1,"a"" ,b",c \n'
    """
    return "".join(_parts(record, re.escape(delimiter), re.escape(quote)))


def _parts(record: str, delimiter: str, quote: str) -> Iterator[str]:
    inside = rf"[^{quote}]*(?:{quote}{quote}[^{quote}]*)*"
    quoted = re.compile(rf" *({quote}{inside}{quote}) *(?={delimiter}|\r?\n?\Z)")
    bare = re.compile(rf"[^{delimiter}]*")
    at = 0
    while at < len(record):
        if found := quoted.match(record, at):
            yield found[1]
            at = found.end()
        rest = bare.match(record, at)
        end = rest.end() + 1 if rest else len(record)
        yield record[at:end]
        at = end
