"""What a run was made of and what it wrote: `manifest.json` beside its tables.

The file checks itself: any changed byte in it, or in a file that it lists, is found.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from importlib import metadata
from pathlib import Path
from platform import python_version
from typing import Any

from pipeline import names
from pipeline.accounting import Account
from pipeline.config.model import Config
from pipeline.engine import Step
from pipeline.errors import StorageError
from pipeline.io.durable import storage_errors, write_file

MANIFEST = "manifest.json"
FORMAT = 1
_LIBRARIES = ("duckdb", "mlxtend", "numpy", "pandas", "pyarrow", "scikit-learn", "scipy")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CHECKSUM = "manifest_sha256"


@dataclass(frozen=True)
class InputEntry:
    """One file that was read; `path` is relative to the configuration."""

    source: str
    path: str
    lines: int
    bytes: int
    sha256: str


@dataclass(frozen=True)
class InputChange:
    """How the files of a source differ from those of an earlier run; `lines` may be negative."""

    source: str
    lines: int
    new_files: int
    changed_files: int
    gone_files: int


@dataclass(frozen=True)
class TableEntry:
    """One table that was written."""

    table: str
    file: str
    rows: int
    bytes: int
    sha256: str
    columns: tuple[Mapping[str, str | bool], ...]


@dataclass(frozen=True)
class Manifest:
    """Everything that a run was made of and wrote.

    Attributes:
        run_id: See `run_id`.
        as_of: The instant that the run stands for, ISO 8601 in UTC.
        started_at: Wall clock at the start, ISO 8601 in UTC: tells people and `basket prune` how
            old the run is, decides no result.
        pipeline_version: Version of this package.
        library_versions: Versions of Python and of the libraries that compute and write.
        configuration: Every option with its resolved value.
        configuration_fingerprint: See `configuration_fingerprint`.
        inputs: The files read.
        input_fingerprint: See `input_fingerprint`.
        accounting: Where the physical lines of each source went.
        tables: The files written.
        not_possible: Tables left out, with the reason.
        steps: What was built by SQL, in order, with the statements and their values.
        is_partial: Whether `--only` chose the tables, so that `latest` never names the run.
        previous_run_id: The run that was last started for the same `as_of`; None without one.
        input_changes: What was new in the input since then; sources without a change are left out.
    """

    run_id: str
    as_of: str
    started_at: str
    pipeline_version: str
    library_versions: Mapping[str, str]
    configuration: Mapping[str, Any]
    configuration_fingerprint: str
    inputs: tuple[InputEntry, ...]
    input_fingerprint: str
    accounting: tuple[Account, ...]
    tables: tuple[TableEntry, ...]
    not_possible: Mapping[str, str]
    steps: tuple[Step, ...]
    is_partial: bool = False
    previous_run_id: str | None = None
    input_changes: tuple[InputChange, ...] = ()

    @property
    def instant(self) -> datetime:
        """The instant that the run stands for."""
        return datetime.fromisoformat(self.as_of)


def run_id(as_of: int, inputs: str, configuration: str, version: str) -> str:
    """Return the id of a run; ids sort by `as_of`, and a rerun has the same one.

    Args:
        as_of: Instant that the run stands for, microseconds since 1970-01-01 UTC.
        inputs: The fingerprint of the input.
        configuration: The fingerprint of the configuration.
        version: Version of the pipeline: another one may compute something else.

    Example:
        >>> run_id(1_323_475_200_000_000, "a", "b", "0.1.0")
        '2011-12-10T000000Z-32304d4f'
    """
    digest = _fingerprint([as_of, inputs, configuration, version])
    instant = _instant(as_of)
    return f"{instant.year:04d}{instant:-%m-%dT%H%M%SZ}-{digest[:8]}"


def iso_instant(microseconds: int) -> str:
    """Return an instant as ISO 8601 in UTC.

    Args:
        microseconds: Time since 1970-01-01 UTC.
    """
    return _instant(microseconds).isoformat().replace("+00:00", "Z")


def configuration_fingerprint(config: Config) -> str:
    """Return the SHA-256 of every option that can change a result.

    Left out: `engine`, `breakers`, `reports`, the output folder, and `as_of`, whose resolved
    value stands in the run id.
    """
    chosen = config.model_dump(
        mode="json",
        exclude={
            "engine": True,
            "as_of": True,
            "breakers": True,
            "reports": True,
            "output": {"path"},
        },
    )
    return _fingerprint(chosen)


def input_fingerprint(inputs: Iterable[InputEntry]) -> str:
    """Return the SHA-256 of names and contents of all input files, whatever their order."""
    return _fingerprint(sorted([file.source, file.path, file.sha256] for file in inputs))


def describe_table(table: names.Table, path: Path, rows: int) -> TableEntry:
    """Return size, checksum and columns of a table that was written.

    Raises:
        StorageError: The file cannot be read.
    """
    size, digest = _size_and_sha256(path)
    columns: tuple[Mapping[str, str | bool], ...] = tuple(
        {"name": column.name, "type": column.type, "is_nullable": column.is_nullable}
        for column in table.columns
    )
    return TableEntry(table.name, path.name, rows, size, digest, columns)


def library_versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries that compute and write."""
    return {"python": python_version(), **{name: metadata.version(name) for name in _LIBRARIES}}


def write_manifest(manifest: Manifest, folder: Path) -> None:
    """Write `manifest.json` durably.

    Raises:
        StorageError: The file exists or cannot be written.
    """
    path = folder / MANIFEST
    with storage_errors(path, "write the manifest"):
        write_file(path, _text({"format": FORMAT, **asdict(manifest)}))


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of a run.

    Raises:
        StorageError: It is missing, damaged, or of another format.
    """
    path = folder / MANIFEST
    with storage_errors(path, "read the manifest"):
        content = path.read_bytes()
    try:
        entries = json.loads(content)
        stored = {name: entries[name] for name in entries if name != _CHECKSUM}
        if _text(stored) == content and stored.pop("format") == FORMAT:
            return _decoded(stored)
    except (ValueError, TypeError, KeyError, RecursionError):
        pass  # not ours, or of a version that had other entries
    message = f"the manifest is damaged: {path}; run again to publish the run anew"
    raise StorageError(message)


def damages(folder: Path) -> list[str]:
    """Return what is wrong with the files of a run, one line each; empty where it is whole."""
    try:
        manifest = read_manifest(folder)
    except StorageError as error:
        return [str(error)]
    expected = {MANIFEST, *(table.file for table in manifest.tables)}
    surplus = sorted({entry.name for entry in folder.iterdir()} - expected)
    checked = (_damage(folder / table.file, table) for table in manifest.tables)
    return [line for line in checked if line] + [f"not in the manifest: {name}" for name in surplus]


def _decoded(stored: dict[str, Any]) -> Manifest:
    stored["accounting"] = tuple(Account(**account) for account in stored["accounting"])
    stored["inputs"] = tuple(InputEntry(**file) for file in stored["inputs"])
    changes = stored.get("input_changes", ())
    stored["input_changes"] = tuple(InputChange(**change) for change in changes)
    stored["steps"] = tuple(Step(**step) for step in stored["steps"])
    stored["tables"] = tuple(
        TableEntry(**{**file, "columns": tuple(file["columns"])}) for file in stored["tables"]
    )
    return Manifest(**stored)


def _damage(path: Path, table: TableEntry) -> str | None:
    try:
        size, digest = _size_and_sha256(path)
    except StorageError as error:
        return str(error)
    if size != table.bytes:
        return f"{path}: {size} bytes, the manifest says {table.bytes}"
    return None if digest == table.sha256 else f"{path}: its content is not what was written"


def _size_and_sha256(path: Path) -> tuple[int, str]:
    with storage_errors(path, "read the file"), path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
        return file.tell(), digest.hexdigest()


def _instant(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)


def _fingerprint(value: object) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _text(entries: Mapping[str, Any]) -> bytes:
    """Return the one spelling of a manifest, its own checksum included."""
    signed = {**entries, _CHECKSUM: _fingerprint(entries)}
    text = json.dumps(signed, sort_keys=True, indent=2, allow_nan=False)
    return f"{text}\n".encode("ascii")
