"""Open text files as decompressed bytes; every failure names the file."""

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, cast

from pipeline.errors import StorageError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

    from pipeline.io.files import InputFile

BLOCK_BYTES = 1 << 20


@contextmanager
def read_errors(file: "InputFile") -> Iterator[None]:
    """Turn failures of the operating system and of decompression into StorageError."""
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise StorageError(_damaged(file, error)) from error
    except OSError as error:
        if file.compression and not error.errno:  # the decompressor's, not the system's
            raise StorageError(_damaged(file, error)) from error
        message = f"{file.name}: cannot be read ({error.strerror or error})"
        raise StorageError(message) from error


def _damaged(file: "InputFile", error: Exception) -> str:
    return (
        f"{file.name}: the compressed file is cut short or damaged ({error}); "
        "fetch or write it again"
    )


def open_text(file: "InputFile") -> io.BufferedReader:
    """Open a text file as decompressed bytes.

    Raises:
        StorageError: It cannot be read or is damaged: now, or at any later read.
    """
    with read_errors(file):
        return io.BufferedReader(_GuardedStream(file, _decompressed(file)), BLOCK_BYTES)


def _decompressed(file: "InputFile") -> IO[bytes]:
    if file.compression == "gzip":
        return cast("IO[bytes]", gzip.open(file.path, "rb"))
    if file.compression == "zstd":
        import pyarrow as pa

        return cast("IO[bytes]", pa.input_stream(str(file.path), compression="zstd"))
    return file.path.open("rb")


class _GuardedStream(io.RawIOBase):
    """A byte stream whose failures name the file."""

    def __init__(self, file: "InputFile", inner: IO[bytes]) -> None:
        self._file, self._inner = file, inner

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        view = memoryview(buffer)
        with read_errors(self._file):
            block = self._inner.read(len(view))
        view[: len(block)] = block
        return len(block)

    def close(self) -> None:
        self._inner.close()
        super().close()
