"""Join second files to a source: products to their classes, keys to their days."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.config.source_options import Lookup, Source
from pipeline.errors import DataError
from pipeline.io.careful import Batch
from pipeline.io.contract import column_name, mapped_columns
from pipeline.io.csv_lines import CsvLines
from pipeline.io.duckdb_engine import DuckDBEngine
from pipeline.io.files import InputFile, find_files
from pipeline.io.json_lines import JsonLines
from pipeline.io.sql_text import identifier, literal


def lookup_files(source: Source, folder: Path) -> list[InputFile]:
    """Return the files of all lookups of a source; see `find_files`."""
    found = (find_files(lookup.files, folder, lookup.format) for lookup in source.lookups)
    return [file for files in found for file in files]


@dataclass(frozen=True)
class Lookups:
    """The lookups of one source, as tables `lookup_0`, `lookup_1`, ...

    Attributes:
        engine: Where the tables go.
        options: The source's part of the configuration.
        max_record_lines: A longer CSV record is malformed.
        folder: Folder of the configuration file.
    """

    engine: DuckDBEngine
    options: Source
    max_record_lines: int
    folder: Path

    def load(self) -> None:
        """Build the tables.

        Raises:
            DataError: A file cannot be read whole, lacks a column, or repeats a key.
        """
        for number, lookup in enumerate(self.options.lookups):
            self._load(f"lookup_{number}", lookup)

    def join(self, relation: str) -> str:
        """Return a relation with the columns of the lookups; no row is added or lost."""
        names = mapped_columns(self.options)
        for number, lookup in enumerate(self.options.lookups):
            table = f"lookup_{number}"
            taken = [
                f", {table}.value_{place} as {column_name(names.index(name))}"
                for place, name in enumerate(lookup.columns)
                if name in names
            ]
            key = f"trim(cast(given.{column_name(names.index(lookup.key))} as varchar))"
            relation = (
                f"(select given.*{''.join(taken)} from {relation} as given "
                f"left join {table} on {key} = {table}.key)"
            )
        return relation

    def _load(self, table: str, lookup: Lookup) -> None:
        nothing = ", ".join(f"null::varchar as {name}" for name in _names(lookup))
        self.engine.run(f"create or replace table {table} as select {nothing} limit 0")
        for file in find_files(lookup.files, self.folder, lookup.format):
            if file.format == "parquet":
                self._append_parquet(table, lookup, file)
            else:
                self._append_text(table, lookup, file)
        sql = f"select key from {table} group by key having count(*) > 1 order by key limit 1"
        for (key,) in self.engine.run(sql):
            message = f"lookup {lookup.files}: {lookup.key} {key!r} stands on several rows"
            raise DataError(message)

    def _append_parquet(self, table: str, lookup: Lookup, file: InputFile) -> None:
        scan = f"read_parquet([{literal(str(file.path))}])"
        known = [
            str(row[0]) for row in self.engine.read(f"describe select * from {scan}", file.name)
        ]
        _places(known, lookup, file)
        key, *values = [f"cast({identifier(name)} as varchar)" for name in _columns(lookup)]
        select = ", ".join([f"trim({key})", *values])
        self.engine.read(f"insert into {table} select {select} from {scan}", file.name)

    def _append_text(self, table: str, lookup: Lookup, file: InputFile) -> None:
        for batch in self._batches(lookup, file):
            for bad in batch.rejected:
                message = f"{file.name}:{bad.line}: {bad.reason}; a lookup must be whole"
                raise DataError(message)
            self.engine.load("lookup_lines", batch.to_arrow(_names(lookup)))
            key, *values = _names(lookup)
            select = ", ".join([f"trim({key})", *values])
            self.engine.run(f"insert into {table} select {select} from lookup_lines")
        self.engine.drop("lookup_lines")

    def _batches(self, lookup: Lookup, file: InputFile) -> Iterator[Batch]:
        if file.format == "jsonl":
            return JsonLines(file, _columns(lookup)).batches()
        lines = CsvLines(file, lookup.csv, self.max_record_lines)
        return lines.batches(_places(lines.names(), lookup, file))


def _columns(lookup: Lookup) -> list[str]:
    return [lookup.key, *lookup.columns]


def _names(lookup: Lookup) -> list[str]:
    return ["key", *(f"value_{place}" for place in range(len(lookup.columns)))]


def _places(names: Sequence[str], lookup: Lookup, file: InputFile) -> list[int]:
    for name in _columns(lookup):
        if name not in names:
            message = f"{file.name}: the lookup needs column {name!r}; it has: {', '.join(names)}"
            raise DataError(message)
    return [list(names).index(name) for name in _columns(lookup)]
