"""Find input files and take their fingerprint before anything else reads them."""

import codecs
import hashlib
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Literal, cast, get_args
from urllib.parse import unquote

from pipeline.errors import DataError
from pipeline.io.parquet_input import check_columns, open_parquet
from pipeline.io.patterns import matching_files
from pipeline.io.streams import BLOCK_BYTES, open_text, read_errors

Format = Literal["csv", "parquet", "jsonl"]
_FORMATS: dict[str, Format] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".dat": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
}
_COMPRESSIONS = {".gz": "gzip", ".zst": "zstd"}
# How Hive writes NULL into the name of a folder.
_NO_PARTITION = "__HIVE_DEFAULT_PARTITION__"
MAX_LINE_BYTES = 1 << 24


@dataclass(frozen=True)
class InputFile:
    """One input file: where it is, how messages name it, and how it is written."""

    path: Path
    name: str
    format: Format
    compression: str | None

    @property
    def partitions(self) -> dict[str, str]:
        """Columns that the names of Hive-style folders carry (`day=2011-12-01`)."""
        parts = (part.split("=", 1) for part in self.path.parts[:-1] if "=" in part)
        return {
            key: "" if value == _NO_PARTITION else unquote(value) for key, value in parts if key
        }


@dataclass(frozen=True)
class FileFacts:
    """What is known of a file's bytes.

    Attributes:
        size: Bytes on disk.
        sha256: Checksum of the bytes on disk, in hexadecimal.
        lines: Physical lines of text after decompression, or rows of a Parquet file.
        is_plain_text: UTF-8 without NUL, each carriage return before a line feed: what the
            database reads as line after line.
        changed_at: When the file was last written, nanoseconds, as the file system says.
    """

    size: int
    sha256: str
    lines: int
    is_plain_text: bool = True
    changed_at: int = 0


def find_files(patterns: str | Sequence[str], folder: Path, file_format: str) -> list[InputFile]:
    """Return the files that paths, globs and folders stand for, once each, sorted by name.

    Args:
        patterns: One or several, relative to `folder`.
        folder: Folder of the configuration file.
        file_format: `auto` goes by the file name.

    Raises:
        StorageError: A pattern does not stand for files that may be read; see `matching_files`.
        DataError: The format cannot be told from a file's name.
    """
    listed = [patterns] if isinstance(patterns, str) else patterns
    files = [_input_file(path, folder, file_format) for path in matching_files(listed, folder)]
    return sorted(files, key=lambda file: file.name)


def _input_file(path: Path, folder: Path, file_format: str) -> InputFile:
    compression = _COMPRESSIONS.get(path.suffix.lower())
    stem = path.with_suffix("") if compression else path
    found = _FORMATS.get(stem.suffix.lower()) if file_format == "auto" else file_format
    name = Path(os.path.relpath(path, folder)).as_posix()
    if found not in get_args(Format):
        known = ", ".join(sorted(_FORMATS))
        message = f"{name}: the format cannot be told from the name (known: {known}); set `format`"
        raise DataError(message)
    return InputFile(path, name, cast("Format", found), compression)


def inspect_files(files: Sequence[InputFile], threads: int) -> list[FileFacts]:
    """Return size, SHA-256 and number of lines of each file, in the order given.

    Raises:
        StorageError: A file cannot be read, or its compression is cut short.
        DataError: A Parquet file is not whole or compressed with Brotli, or a line is too long.
    """
    with ThreadPoolExecutor(max_workers=max(1, threads)) as pool:
        facts = list(pool.map(_inspect, files))
    check_columns([file for file in files if file.format == "parquet"])
    return facts


def _inspect(file: InputFile) -> FileFacts:
    with read_errors(file):
        # Before the first byte is read, so that a later change shows.
        stat = file.path.stat()
        size, changed_at = stat.st_size, stat.st_mtime_ns
        if file.format == "parquet":
            with open_parquet(file) as parquet:
                rows = int(parquet.metadata.num_rows)
            return FileFacts(size, _checksum(file), rows, changed_at=changed_at)
        counted = _count_lines(open_text(file), file.name)
        sha256 = _checksum(file) if file.compression else counted.digest.hexdigest()
        return FileFacts(size, sha256, counted.lines, counted.is_plain, changed_at)


def _checksum(file: InputFile) -> str:
    with file.path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@dataclass
class _Text:
    """What was seen of a text so far, block by block."""

    lines: int = 0
    open_bytes: int = 0
    last: bytes = b"\n"
    is_plain: bool = True
    digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)
    decoder: codecs.IncrementalDecoder = field(
        default_factory=codecs.getincrementaldecoder("utf-8")
    )

    def add(self, block: bytes) -> None:
        """Take in the next block; an empty one is the end."""
        self.digest.update(block)
        self.lines += block.count(b"\n")
        at = block.rfind(b"\n") + 1
        self.open_bytes = len(block) - at if at else self.open_bytes + len(block)
        self.is_plain = self.is_plain and self._is_plain(block)
        self.last = block[-1:] or self.last

    def _is_plain(self, block: bytes) -> bool:
        try:
            self.decoder.decode(block, final=not block)
        except UnicodeDecodeError:
            return False
        returns = block.count(b"\r") + (self.last == b"\r") - block.endswith(b"\r")
        before_line_feed = block.count(b"\r\n") if returns else 0
        before_line_feed += self.last == b"\r" and block.startswith(b"\n")
        return b"\0" not in block and returns == before_line_feed


def _count_lines(stream: IO[bytes], name: str) -> _Text:
    text = _Text()
    with stream:
        while block := stream.read(BLOCK_BYTES):
            text.add(block)
            if text.open_bytes > MAX_LINE_BYTES:
                message = (
                    f"{name}:{text.lines + 1}: the line is longer than {MAX_LINE_BYTES >> 20} MiB; "
                    "check the line ends, and that the file is what its name says"
                )
                raise DataError(message)
    text.add(b"")
    text.lines += text.last != b"\n"
    return text


def changed_files(files: Sequence[InputFile], facts: Sequence[FileFacts]) -> Iterator[str]:
    """Yield the names of files that were written or removed since they were inspected."""
    for file, fact in zip(files, facts, strict=True):
        with read_errors(file):
            stat = file.path.stat()
        if (stat.st_size, stat.st_mtime_ns) != (fact.size, fact.changed_at):
            yield file.name
