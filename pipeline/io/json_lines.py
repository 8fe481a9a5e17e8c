"""Split a file of JSON lines into records, so that one bad line costs one line."""

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pipeline.io.careful import Batch, Rejected, text_of
from pipeline.io.streams import open_text

if TYPE_CHECKING:
    from pipeline.io.files import InputFile


class JsonLines:
    """Splits one file of JSON lines into records of the wanted columns."""

    def __init__(self, file: "InputFile", names: Sequence[str]) -> None:
        self._file, self._names = file, names

    def batches(self) -> Iterator[Batch]:
        """Yield the records of the file in batches, with every line in between."""
        batch = Batch(range(len(self._names)))
        with open_text(self._file) as stream:
            for number, raw in enumerate(stream, start=1):
                self._read_record(number, raw, batch)
                if batch.is_full:
                    yield batch
                    batch = Batch(range(len(self._names)))
        yield batch

    def _read_record(self, number: int, raw: bytes, batch: Batch) -> None:
        if not raw.strip():
            batch.skip("blank_line")
            return
        record = _json_object(raw)
        if isinstance(record, str):
            batch.rejected.append(Rejected(number, f"line {record}", text_of(raw)))
        else:
            batch.add(number, raw, [_json_text(record.get(name)) for name in self._names])


def _json_object(raw: bytes) -> dict[str, object] | str:
    """Return the object that a line holds, or what is wrong with the line."""
    try:
        record = json.loads(raw.decode("utf-8-sig"))
        # What UTF-8 cannot write (half of a surrogate pair) no later step could either.
        json.dumps(record, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return "is not valid JSON"
    return record if isinstance(record, dict) else "is not a JSON object"


def _json_text(value: object) -> str | None:
    """Return a value as the database's reader would: text as it is, the rest as compact JSON."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
