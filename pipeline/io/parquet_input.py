"""Open Parquet files of the input; every failure names the file."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from pipeline.errors import DataError
from pipeline.io.duckdb_engine import QUERY_ERRORS, DuckDBEngine
from pipeline.io.sql_text import literal
from pipeline.io.streams import read_errors

if TYPE_CHECKING:
    import pyarrow.parquet as pq

    from pipeline.io.files import InputFile


@contextmanager
def open_parquet(file: "InputFile") -> Iterator["pq.ParquetFile"]:
    """Lend a Parquet file.

    Raises:
        DataError: It is damaged; told while it is open, too, as pages are decoded only when they
            are asked for.
        StorageError: It cannot be read.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    with read_errors(file):
        try:
            with pq.ParquetFile(file.path) as parquet:
                yield parquet
        except (pa.ArrowException, OSError, ValueError) as error:  # names that are no UTF-8, too
            if isinstance(error, OSError) and error.errno:
                raise
            reason = " ".join(str(error).split())
            message = f"{file.name}: not a whole Parquet file ({reason}); write it again"
            raise DataError(message) from error


def check_columns(files: Sequence["InputFile"]) -> None:
    """Let the database look at what whole Parquet files say of their columns.

    pyarrow ends the process where that is damaged; and Brotli is refused, as a crafted file makes
    the database's decoder write where it must not.

    Raises:
        DataError: A file is damaged, or compressed with Brotli.
    """
    if not files:
        return
    with closing(DuckDBEngine(1, readable=[file.path for file in files])) as engine:
        for file in files:
            if _has_brotli(engine, file):
                message = f"{file.name}: Brotli is not read; write the file with zstd or snappy"
                raise DataError(message)


def _has_brotli(engine: DuckDBEngine, file: "InputFile") -> bool:
    chunks = f"parquet_metadata({literal(str(file.path))})"
    try:
        return bool(engine.run(f"select 1 from {chunks} where compression = 'BROTLI'"))
    except QUERY_ERRORS as error:
        reason = str(error).splitlines()[0]
        if not reason.startswith("Conversion Error"):
            message = f"{file.name}: not a whole Parquet file ({reason}); write it again"
            raise DataError(message) from error
    # The least or largest value of a column is an instant that no calendar has: rows of it are
    # rejects. All of the file's description was read to tell that.
    with open_parquet(file) as parquet:
        groups = map(parquet.metadata.row_group, range(parquet.metadata.num_row_groups))
        return any(
            group.column(at).compression == "BROTLI"
            for group in groups
            for at in range(group.num_columns)
        )
