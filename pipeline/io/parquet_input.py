"""Open Parquet files of the input; every failure names the file."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pipeline.errors import DataError
from pipeline.io.streams import read_errors

if TYPE_CHECKING:
    import pyarrow.parquet as pq

    from pipeline.io.files import InputFile


@contextmanager
def open_parquet(file: "InputFile") -> Iterator["pq.ParquetFile"]:
    """Lend a Parquet file.

    Raises:
        DataError: It is damaged, or compressed as no file should be; told while it is open, too,
            as pages are decoded only when they are asked for.
        StorageError: It cannot be read.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    with read_errors(file):
        try:
            with pq.ParquetFile(file.path) as parquet:
                _check_compression(file, parquet.metadata)
                yield parquet
        except (pa.ArrowException, OSError, ValueError) as error:  # names that are no UTF-8, too
            if isinstance(error, OSError) and error.errno:
                raise
            reason = " ".join(str(error).split())
            message = f"{file.name}: not a whole Parquet file ({reason}); write it again"
            raise DataError(message) from error


def _check_compression(file: "InputFile", metadata: "pq.FileMetaData") -> None:
    """Refuse Brotli: a crafted file makes the database's decoder write where it must not."""
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        if any(group.column(at).compression == "BROTLI" for at in range(group.num_columns)):
            message = f"{file.name}: Brotli is not read; write the file with zstd or snappy"
            raise DataError(message)
