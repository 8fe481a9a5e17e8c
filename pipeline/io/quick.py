"""Read whole groups of files in one statement of the database, where that is sure to be right.

It is right where the number of rows equals the number of physical lines counted beforehand: a
row takes at least one line, so each row is exactly one line and nothing was swallowed.
"""

from contextlib import closing, suppress
from dataclasses import dataclass

from pipeline.config.source_options import Source
from pipeline.io.careful import Rejected
from pipeline.io.contract import column_name, mapped_columns
from pipeline.io.duckdb_engine import QUERY_ERRORS, DuckDBEngine, FileError
from pipeline.io.item_keys import list_written, with_numbers
from pipeline.io.lookups import Lookups
from pipeline.io.raw import parquet_rows, text_lines
from pipeline.io.reader import Reader
from pipeline.io.shape import FileGroup
from pipeline.io.sql_text import identifier, literal, literals

_UTF8 = {"utf-8", "utf8", "utf-8-sig"}
NUMBERED = ", row_number() over () as line"


@dataclass(frozen=True)
class QuickReader:
    """Reads groups of files of one source.

    Attributes:
        engine: Where the rows go.
        table: Table of rows.
        options: The source's part of the configuration.
        lookups: Files joined to the source.
    """

    engine: DuckDBEngine
    table: str
    options: Source
    lookups: Lookups

    def read(self, group: FileGroup, reader: Reader) -> str | None:
        """Read a group into the table.

        Returns:
            None where each record became a row or was left out unread; else the reason why
            nothing was read and nothing changed.
        """
        if not self._is_plain(group):
            return "its text or its name is not plain"
        select = reader.select(self._relation(group, reader))
        try:
            with self.engine.transaction():
                if reader.item_column:
                    list_written(self.engine, self._scan(group), reader.item_column)
                self._insert(select, group, reader)
        except QUERY_ERRORS as error:
            return str(error).splitlines()[0]
        return None

    def breaker(self, group: FileGroup) -> str:
        """Return the name of the file that broke the database: a new one breaks on it, too."""
        for single in group.singles():
            with closing(DuckDBEngine(1, readable=[single.files[0].path])) as probe:
                with suppress(*QUERY_ERRORS):
                    probe.run(f"select bit_xor(hash(given)) from {self._scan(single)} as given")
                if probe.is_broken:
                    return single.files[0].name
        return " or ".join(file.name for file in group.files)

    def headers(self, group: FileGroup) -> int:
        """Return the number of header lines in a group."""
        return len(group.files) if group.format == "csv" and self.options.csv.header else 0

    def rejects(self, group: FileGroup, reader: Reader, limit: int) -> list[Rejected]:
        """Read one file again, its rows numbered, and return those that a check rejected.

        Args:
            group: The file.
            reader: The same reader as for `read`.
            limit: The most that are returned.
        """
        select = reader.select(self._relation(group, reader, NUMBERED), ", line")
        with self.engine.in_file_order():
            found = self.engine.run(
                f"select line, reject from ({select}) where reject is not null "
                "order by line limit $limit",
                {"limit": limit},
            )
        headers = self.headers(group)
        reasons = {int(line) + headers: reader.reasons[place] for line, place in found}
        texts = parquet_rows if group.format == "parquet" else text_lines
        # A line that is not there any more: the run ends soon, the file has changed.
        raws = dict(texts(group.files[0], set(reasons)))
        return [Rejected(line, reason, raws.get(line, "")) for line, reason in reasons.items()]

    def _insert(self, select: str, group: FileGroup, reader: Reader) -> None:
        before = self.engine.count(self.table)
        self.engine.run(f"insert into {self.table} {select}")
        if reader.is_selective:
            # Rows that are left out unread never stood in the table: count the records.
            records = self.engine.count(self._scan(group))
        else:
            records = self.engine.count(self.table) - before
        expected = group.lines - self.headers(group)
        if records != expected:
            message = f"{expected} lines gave {records} rows"
            raise FileError(message)

    def _is_plain(self, group: FileGroup) -> bool:
        if group.format == "parquet":
            return True
        has_odd_name = any(letter in str(file.path) for file in group.files for letter in "*?[")
        is_plain_text = all(fact.is_plain_text for fact in group.facts)
        return (
            is_plain_text and not has_odd_name and (group.format == "jsonl" or self._is_csv(group))
        )

    def _is_csv(self, group: FileGroup) -> bool:
        csv = self.options.csv
        # A blank line of a file with one column is a row to the database.
        return (
            csv.encoding.lower().replace("_", "-") in _UTF8
            and len(csv.delimiter) == 1
            and len(group.shape.names) > 1
        )

    def _relation(self, group: FileGroup, reader: Reader, also: str = "") -> str:
        """Return the mapped columns, `column_0` and so on, of all rows of a group."""
        looked_up = {name for lookup in self.options.lookups for name in lookup.columns}
        columns = [
            f"{_own_name(name, group)} as {column_name(place)}"
            for place, name in enumerate(mapped_columns(self.options))
            if name not in looked_up
        ]
        select = ", ".join(columns)
        relation = self.lookups.join(f"(select {select}{also} from {self._scan(group)})")
        if reader.item_column is None:
            return relation
        place = mapped_columns(self.options).index(reader.item_column)
        return with_numbers(relation, column_name(place))

    def _scan(self, group: FileGroup) -> str:
        paths = literals([str(file.path) for file in group.files])
        hive = "hive_partitioning = false"
        if group.shape.partitions:
            hive = "hive_partitioning = true, hive_types_autocast = false"
        if group.format == "parquet":
            return f"read_parquet({paths}, {hive})"
        if group.format == "jsonl":
            own = [name for name in group.shape.types if name not in group.shape.partitions]
            columns = _text_columns(own)
            return f"read_json({paths}, format = 'newline_delimited', columns = {columns}, {hive})"
        csv = self.options.csv
        names = [f"field_{place}" for place in range(len(group.shape.names))]
        return (
            f"read_csv({paths}, auto_detect = false, header = {str(csv.header).lower()}, "
            f"delim = {literal(csv.delimiter)}, quote = {literal(csv.quote)}, "
            f"escape = {literal(csv.quote)}, strict_mode = true, "
            f"columns = {_text_columns(names)}, {hive})"
        )


def _own_name(name: str, group: FileGroup) -> str:
    """Return the name by which the database's reader of files knows a column."""
    if group.format == "csv" and name not in group.shape.partitions:
        return f"field_{group.shape.names.index(name)}"
    return identifier(name)


def _text_columns(names: list[str]) -> str:
    return "{" + ", ".join(f"{literal(name)}: 'VARCHAR'" for name in names) + "}"
