"""Find input files and take their fingerprint before anything else reads them."""

import gzip
import hashlib
import io
import os
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from glob import glob, has_magic
from pathlib import Path
from typing import IO, Literal

from pipeline.errors import DataError, StorageError

Format = Literal["csv", "parquet", "jsonl"]
BLOCK_BYTES = 1 << 20
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
        return {key: value for key, value in parts if key}


@dataclass(frozen=True)
class FileFacts:
    """What is known of a file's bytes.

    `lines` counts physical lines of text after decompression, or rows of a Parquet file.
    """

    size: int
    sha256: str
    lines: int
    has_nul: bool


def find_files(patterns: str | Sequence[str], folder: Path, file_format: str) -> list[InputFile]:
    """Return the files that paths, globs and folders stand for, once each, sorted by name.

    Args:
        patterns: One or several, relative to `folder`.
        folder: Folder of the configuration file.
        file_format: `auto` goes by the file name.

    Raises:
        StorageError: A pattern matches nothing.
        DataError: The format cannot be told from a file's name.
    """
    listed = [patterns] if isinstance(patterns, str) else list(patterns)
    paths = {path for pattern in listed for path in _match(pattern, folder)}
    return sorted(
        (_input_file(path, folder, file_format) for path in paths), key=lambda file: file.name
    )


def _match(pattern: str, folder: Path) -> list[Path]:
    full = os.path.normpath(folder / pattern)
    if Path(full).is_dir():
        found = [path for path in Path(full).rglob("*") if _is_data(path, Path(full))]
    elif Path(full).exists():
        found = [Path(full)]
    elif has_magic(full):
        found = [Path(path) for path in glob(full, recursive=True) if Path(path).is_file()]
    else:
        found = []
    if not found:
        message = f"no input file matches {pattern!r} in {folder}; check the path in the configuration"
        raise StorageError(message)
    return found


def _is_data(path: Path, root: Path) -> bool:
    hidden = any(part.startswith((".", "_")) for part in path.relative_to(root).parts)
    return path.is_file() and not hidden


def _input_file(path: Path, folder: Path, file_format: str) -> InputFile:
    compression = _COMPRESSIONS.get(path.suffix.lower())
    stem = path.with_suffix("") if compression else path
    found = _FORMATS.get(stem.suffix.lower()) if file_format == "auto" else file_format
    name = Path(os.path.relpath(path, folder)).as_posix()
    if found not in _FORMATS.values():
        known = ", ".join(sorted(_FORMATS))
        message = f"{name}: the format cannot be told from the name (known: {known}); set `format`"
        raise DataError(message)
    return InputFile(path, name, found, compression)


def inspect_files(files: Sequence[InputFile], threads: int) -> list[FileFacts]:
    """Return size, SHA-256 and number of lines of each file, in the order given.

    Raises:
        StorageError: A file cannot be read, or its compression is cut short.
        DataError: A Parquet file is not whole.
    """
    with ThreadPoolExecutor(max_workers=max(1, threads)) as pool:
        return list(pool.map(_inspect, files))


def _inspect(file: InputFile) -> FileFacts:
    if file.format == "parquet":
        sha256, size = _digest(file)
        return FileFacts(size, sha256, _parquet_rows(file), has_nul=False)
    if file.compression:
        sha256, size = _digest(file)
        lines, has_nul, _ = _count_lines(open_text(file))
        return FileFacts(size, sha256, lines, has_nul)
    lines, has_nul, sha256 = _count_lines(open_text(file))
    return FileFacts(file.path.stat().st_size, sha256, lines, has_nul)


def _digest(file: InputFile) -> tuple[str, int]:
    with _reading(file), file.path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest(), file.path.stat().st_size


def _count_lines(stream: IO[bytes]) -> tuple[int, bool, str]:
    digest, lines, has_nul, last = hashlib.sha256(), 0, False, b"\n"
    with stream:
        while block := stream.read(BLOCK_BYTES):
            digest.update(block)
            lines += block.count(b"\n")
            has_nul = has_nul or b"\0" in block
            last = block[-1:]
    return lines + (last != b"\n"), has_nul, digest.hexdigest()


def _parquet_rows(file: InputFile) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return int(pq.ParquetFile(file.path).metadata.num_rows)
    except (pa.ArrowInvalid, OSError) as error:
        message = f"{file.name}: not a whole Parquet file ({error}); write it again"
        raise DataError(message) from error


@contextmanager
def _reading(file: InputFile) -> Iterator[None]:
    """Turn failures of the operating system and of decompression into StorageError."""
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        message = f"{file.name}: the compressed file is cut short or damaged ({error})"
        raise StorageError(message) from error
    except OSError as error:
        message = f"{file.name}: cannot be read ({error.strerror or error})"
        raise StorageError(message) from error


class _GuardedStream(io.RawIOBase):
    """A byte stream whose failures name the file."""

    def __init__(self, file: InputFile, inner: IO[bytes]) -> None:
        self._file, self._inner = file, inner

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        with _reading(self._file):
            data = self._inner.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._inner.close()
        super().close()


def open_text(file: InputFile) -> io.BufferedReader:
    """Open a text file as decompressed bytes; every failure is a StorageError with its name."""
    with _reading(file):
        inner: IO[bytes]
        if file.compression == "gzip":
            inner = gzip.open(file.path, "rb")  # noqa: SIM115 - closed with the stream
        elif file.compression == "zstd":
            import pyarrow as pa

            inner = pa.input_stream(str(file.path), compression="zstd")
        else:
            inner = file.path.open("rb")
        return io.BufferedReader(_GuardedStream(file, inner), BLOCK_BYTES)


def changed_files(files: Sequence[InputFile], facts: Sequence[FileFacts]) -> Iterator[str]:
    """Yield the names of files whose size is no longer the one that was inspected."""
    for file, fact in zip(files, facts, strict=True):
        if file.path.stat().st_size != fact.size:
            yield file.name
