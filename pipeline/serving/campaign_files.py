"""The files of campaigns: who has consented, and who was contacted when."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.config.as_of import EXAMPLES, parse_instant
from pipeline.config.campaign_options import Campaigns
from pipeline.errors import DataError
from pipeline.io.customer_key import keyed
from pipeline.io.export_files import read_export
from pipeline.io.files import InputFile, find_files

_CONSENT: Final = {
    **dict.fromkeys(("yes", "true", "1", "y", "t"), True),
    **dict.fromkeys(("no", "false", "0", "n", "f", ""), False),
}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

_CONTACT_ROWS: Final = pa.schema(
    [("customer_id", pa.string()), ("contacted_at", pa.int64()), ("campaign", pa.string())]
)
CUSTOMERS: Final = "campaign customers"
CONTACTS: Final = "campaign contacts"
"""Under these names the files stand among the inputs of a run."""


def campaign_files(options: Campaigns, folder: Path) -> dict[str, list[InputFile]]:
    """Return the files of campaigns by name, where any campaign is planned.

    Args:
        options: Name them.
        folder: Folder of the configuration file.

    Raises:
        DataError: An option names several files.
        StorageError: It names none.
    """
    paths = {CUSTOMERS: options.customers, CONTACTS: options.contacts}
    found = {
        name: find_files(path, folder, "csv")
        for name, path in paths.items()
        if path is not None and options.planned
    }
    for name, files in found.items():
        if len(files) != 1:
            message = f"{paths[name]}: {len(files)} files; name one"
            raise DataError(message)
    return found


def read_consents(file: InputFile, key: bytes | None) -> pa.Table:
    """Return customer_id and has_consent, one row per customer; one no of several lines counts.

    Args:
        file: CSV of customer_id and consent.
        key: Key of the ids that are published; None where they are published as they are.

    Raises:
        DataError: A line has no customer, or a consent that is neither yes nor no.
    """
    rows = _with_customers(read_export(file, ["customer_id", "consent"]), file.name)
    given = pc.utf8_lower(rows["consent"])
    unknown = rows.filter(pc.invert(pc.is_in(given, value_set=pa.array(list(_CONSENT)))))
    for text, line in _first(unknown, "consent"):
        message = f"{file.name}:{line}: consent {text!r}: write yes or no"
        raise DataError(message)
    allowed = pa.array([text for text, is_yes in _CONSENT.items() if is_yes])
    told = pa.table(
        {"customer_id": rows["customer_id"], "told": pc.is_in(given, value_set=allowed)}
    )
    asked = told.group_by("customer_id").aggregate([("told", "min")])
    ids = _published(asked["customer_id"], key)
    return pa.table({"customer_id": ids, "has_consent": asked["told_min"]})


def read_contacts(files: Sequence[InputFile], key: bytes | None, zone: str) -> pa.Table:
    """Return customer_id, contacted_at (microseconds UTC) and campaign ('' for any) per contact.

    Args:
        files: CSV of customer_id, contacted_at and, maybe, campaign; or none at all.
        key: Key of the ids that are published; None where they are published as they are.
        zone: Zone of times that do not carry one.

    Raises:
        DataError: A line has no customer, or no instant.
    """
    return pa.concat_tables(
        [_CONTACT_ROWS.empty_table(), *(_contacts(f, key, zone) for f in files)]
    )


def _contacts(file: InputFile, key: bytes | None, zone: str) -> pa.Table:
    rows = read_export(file, ["customer_id", "contacted_at"], ["campaign"])
    rows = _with_customers(rows, file.name)
    written = pc.dictionary_encode(rows["contacted_at"].combine_chunks())
    places = written.indices.to_numpy()
    lines = rows["line"].to_numpy()
    instants = _instants(written.dictionary.to_pylist(), zone)
    if None in instants:
        wrong = instants.index(None)
        line = lines[int(np.flatnonzero(places == wrong)[0])]
        text = written.dictionary[wrong].as_py()
        message = f"{file.name}:{line}: contacted_at {text!r}: write an instant, like {EXAMPLES}"
        raise DataError(message)
    found = np.array(instants, np.int64)[places]
    ids = _published(rows["customer_id"], key)
    return pa.table([ids, found, rows["campaign"]], schema=_CONTACT_ROWS)


def _with_customers(rows: pa.Table, file: str) -> pa.Table:
    for _, line in _first(rows.filter(pc.equal(rows["customer_id"], "")), "customer_id"):
        message = f"{file}:{line}: customer_id is blank; name the customer or leave the line out"
        raise DataError(message)
    return rows


def _first(rows: pa.Table, column: str) -> Iterable[tuple[str, int]]:
    """Return the text and the line of the first row, if there is one."""
    first = rows.slice(0, 1)
    return zip(first[column].to_pylist(), first["line"].to_pylist(), strict=True)


def _published(ids: pa.ChunkedArray, key: bytes | None) -> pa.Array:
    """Return ids as they are published: keyed, where they are."""
    if key is None:
        return ids
    return pa.array([keyed(one, key) for one in ids.to_pylist()], pa.string())


def _instants(texts: Iterable[str], zone: str) -> list[int | None]:
    """Return the instant of each text in microseconds UTC, None for what is no instant."""
    return [_instant(text, zone) for text in texts]


def _instant(text: str, zone: str) -> int | None:
    try:
        instant = parse_instant(text)
        if instant.tzinfo is None:
            instant = instant.replace(tzinfo=ZoneInfo(zone))
        return (instant.astimezone(UTC) - _EPOCH) // timedelta(microseconds=1)
    except (ValueError, OverflowError):
        return None
