"""Split many lines of CSV at once, where each of them surely is one whole record."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

    from pipeline.config.source_options import Csv


class PlainLines:
    """Splits lines with Arrow's reader, which is quick but forgives too much: so it is given
    only lines of which every CSV reader makes the same.

    Args:
        options: How the file is written.
        width: Fields of a record.
        places: Where the wanted fields stand in a record.
    """

    def __init__(self, options: "Csv", width: int, places: Sequence[int]) -> None:
        from pyarrow import csv

        self._encoding, self._quote = options.encoding, options.quote
        self._is_splittable = len(options.delimiter.encode()) == 1 and bool(places)
        names = [str(place) for place in range(width)]
        wanted = [str(place) for place in places]
        self._read = csv.ReadOptions(column_names=names, use_threads=False)
        self._convert = csv.ConvertOptions(
            include_columns=wanted, column_types=dict.fromkeys(wanted, "string")
        )
        if self._is_splittable:
            self._quoted = _well_quoted(options)
            self._parse = csv.ParseOptions(
                delimiter=options.delimiter, quote_char=options.quote or False
            )

    def read(self, lines: Sequence[bytes]) -> "pa.Table | None":
        """Return the wanted fields, or None where a line may be anything but one whole record."""
        import pyarrow as pa
        from pyarrow import csv

        block = b"".join(lines)
        if not self._is_splittable or not self._is_plain(block):
            return None
        try:
            text = block.decode(self._encoding)
            if not self._is_well_quoted(text):
                return None
            reader = pa.py_buffer(text.encode())
            fields = csv.read_csv(reader, self._read, self._parse, self._convert)
        except (UnicodeDecodeError, pa.ArrowInvalid):
            return None
        return fields if fields.num_rows == len(lines) else None

    def _is_plain(self, block: bytes) -> bool:
        return b"\0" not in block and block.count(b"\r") == block.count(b"\r\n")

    def _is_well_quoted(self, text: str) -> bool:
        import pyarrow as pa
        from pyarrow import compute

        if not self._quote or self._quote not in text:
            return True
        return bool(compute.match_substring_regex(pa.array([text]), self._quoted)[0].as_py())


def _well_quoted(options: "Csv") -> str:
    """Return the pattern of lines in which every quote belongs to a field that is whole in quotes.

    For RE2, whose time is linear; Python 3.11 before 3.11.5 also gets possessive patterns wrong.

    Source: RFC 4180, section 2.
    """
    quote, delimiter = re.escape(options.quote), re.escape(options.delimiter)
    inside = rf"[^{quote}\r\n]*"
    field = rf"(?:{quote}{inside}(?:{quote}{quote}{inside})*{quote}|[^{quote}{delimiter}\r\n]*)"
    line = rf"{field}(?:{delimiter}{field})*"
    return rf"\A(?:{line}\r?\n)*(?:{line})?\z"
