"""Read one source into typed rows; keep every line that cannot be read, with its reason.

The quick way is one statement of the database over all files, taken only where the number of
rows equals the number of physical lines counted beforehand: then each row is exactly one line
and nothing was swallowed. Files for which that fails are read line by line (`careful.py`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import duckdb
import pyarrow as pa

from pipeline.accounting import Account
from pipeline.config.model import Catalogue, Config, Csv, Events, Lookup, Orders, Source
from pipeline.errors import DataError, StorageError
from pipeline.io.careful import BATCH_RECORDS, Batch, CsvLines, JsonLines
from pipeline.io.contract import Reader, identifier, literal, literals
from pipeline.io.duckdb_engine import DuckDBEngine
from pipeline.io.files import FileFacts, InputFile, changed_files, find_files, open_text

ROW_TABLES = {"orders": "order_rows", "events": "event_rows", "catalogue": "catalogue_rows"}
SHOWN_REJECTS = 5
_QUARANTINE = pa.schema(
    [
        ("source", pa.string()),
        ("file", pa.string()),
        ("line", pa.int64()),
        ("reason", pa.string()),
        ("raw_text", pa.string()),
    ]
)


@dataclass(frozen=True)
class FileGroup:
    """Files of one shape, which one statement can read: same format, columns and types."""

    files: tuple[InputFile, ...]
    facts: tuple[FileFacts, ...]
    types: dict[str, str]

    @property
    def format(self) -> str:
        """Format of all files of the group."""
        return self.files[0].format

    @property
    def expected_rows(self) -> int:
        """Rows that the files hold if each physical line is one record."""
        return sum(fact.lines for fact in self.facts)

    def single(self) -> Iterator["FileGroup"]:
        """Yield each file as a group of its own."""
        for file, fact in zip(self.files, self.facts, strict=True):
            yield FileGroup((file,), (fact,), self.types)


def source_files(source: Source, folder: Path) -> list[InputFile]:
    """Return the files of a source; see `find_files`."""
    return find_files(source.files, folder, source.format)


def load_absent(engine: DuckDBEngine, source: str, config: Config) -> None:
    """Build the empty table of rows of a source that is not configured."""
    options = {"orders": Orders(), "events": Events(), "catalogue": Catalogue()}[source]
    SourceReader(engine, source, options, config=config, folder=Path()).create_tables({})


def match_id_types(engine: DuckDBEngine) -> None:
    """Give id columns that several sources share one type, so that they can be joined.

    Whole numbers stay numbers (quicker to join) where every source that has the column agrees.
    """
    for column in ("customer_id", "item_id"):
        types = {
            table: engine.type_of(table, column)
            for table in ROW_TABLES.values()
            if engine.type_of(table, column)
        }
        wanted = "BIGINT" if set(types.values()) <= {"BIGINT", "TINYINT"} else "VARCHAR"
        for table, kind in types.items():
            if kind != wanted:
                engine.run(f"alter table {table} alter column {column} type {wanted}")


def effective_orders(config: Config) -> Orders:
    """Return the orders section, with the files of the event log where it is to be read."""
    orders, events = config.orders, config.events
    if not orders.from_events or events is None:
        return orders
    shared = {name: getattr(events, name) for name in ("files", "format", "csv", "lookups", "timestamps")}
    columns = {"event_type": events.columns["event_type"]} if "event_type" in events.columns else {}
    return orders.model_copy(update={**shared, "columns": {**columns, **orders.columns}})


class SourceReader:
    """Reads the files of one source into its table of typed rows and into `quarantine`.

    Args:
        engine: Where the rows go.
        source: `orders`, `events` or `catalogue`.
        options: The source's part of the configuration.
        config: The whole configuration.
        folder: Folder of the configuration file.
    """

    def __init__(
        self, engine: DuckDBEngine, source: str, options: Source, *, config: Config, folder: Path
    ) -> None:
        self._engine, self._source, self._options = engine, source, options
        self._config, self._folder = config, folder
        self._table = ROW_TABLES[source]
        self._skipped: dict[str, int] = {}

    def read(self, files: Sequence[InputFile], facts: Sequence[FileFacts]) -> Account:
        """Read all files and return where their lines went so far.

        Raises:
            DataError: A column is missing, or too many lines are malformed.
            AccountingError: Lines and rows do not add up.
            StorageError: A file cannot be read.
        """
        self._load_lookups()
        groups = self._groups(files, facts)
        self.create_tables(self._common_types(groups))
        for group in groups:
            self._read_group(group)
        self._drop_other_events()
        if names := list(changed_files(files, facts)):
            raise DataError(f"{names[0]}: the file changed while it was read; run again when it is complete")
        return self._account(sum(fact.lines for fact in facts))

    # Shape of the files

    def _groups(self, files: Sequence[InputFile], facts: Sequence[FileFacts]) -> list[FileGroup]:
        shapes = [self._shape(file) for file in files]
        order = sorted(range(len(files)), key=lambda at: (files[at].format, str(shapes[at]), at))
        groups = []
        for _, places in groupby(order, key=lambda at: (files[at].format, str(shapes[at]))):
            at = list(places)
            groups.append(
                FileGroup(tuple(files[i] for i in at), tuple(facts[i] for i in at), shapes[at[0]])
            )
        return groups

    def _shape(self, file: InputFile) -> dict[str, str]:
        """Return the columns of a file with their types.

        Raises:
            DataError: A mapped column is not there.
        """
        types = self._columns(file)
        types |= dict.fromkeys(file.partitions, "VARCHAR")
        for lookup in self._options.lookups:
            types |= dict.fromkeys(lookup.columns, "VARCHAR")
        for name in self._mapped_columns():
            if name not in types:
                known = ", ".join(types)
                message = f"{file.name}: {self._source} needs column {name!r}; the file has: {known}"
                raise DataError(message)
        return types

    def _columns(self, file: InputFile) -> dict[str, str]:
        if file.format == "parquet":
            rows = self._run(f"describe select * from read_parquet([{literal(str(file.path))}])", file)
            return {str(row[0]): str(row[1]) for row in rows}
        if file.format == "jsonl":
            return dict.fromkeys(self._wanted_columns(file), "VARCHAR")
        return dict.fromkeys(self._csv(file).names(), "VARCHAR")

    def _mapped_columns(self) -> list[str]:
        mapped = self._options.columns.values()
        names = [name for value in mapped for name in ([value] if isinstance(value, str) else value)]
        return [*dict.fromkeys([*names, *(lookup.key for lookup in self._options.lookups)])]

    def _wanted_columns(self, file: InputFile) -> list[str]:
        looked_up = {name for lookup in self._options.lookups for name in lookup.columns}
        return [name for name in self._mapped_columns() if name not in looked_up | set(file.partitions)]

    def _common_types(self, groups: Sequence[FileGroup]) -> dict[str, str]:
        types = dict(groups[0].types)
        for group in groups[1:]:
            for name, kind in group.types.items():
                # Files that disagree on a type are read as text, which every type can become.
                types[name] = kind if types.get(name, kind) == kind else "VARCHAR"
        return types

    def _csv(self, file: InputFile) -> CsvLines:
        return CsvLines(file, self._options.csv, self._config.input.max_record_lines)

    # Tables

    def create_tables(self, types: dict[str, str]) -> None:
        """Build the empty table of rows for files with columns of these types."""
        self._reader = Reader(self._source, self._options, types, self._config.time_zone)
        # Gives each line without an order id a number of its own.
        self._engine.run("create sequence if not exists order_lines_read")
        nothing = ", ".join(
            f"cast(null as {kind}) as {identifier(name)}" for name, kind in types.items()
        )
        empty = self._reader.select(f"(select {nothing or 'null'})")
        self._engine.run(f"create or replace table {self._table} as {empty} limit 0")
        if not self._engine.has("quarantine"):
            self._engine.load("quarantine", _QUARANTINE.empty_table())

    def _load_lookups(self) -> None:
        for number, lookup in enumerate(self._options.lookups):
            table = f"lookup_{number}"
            self._load_lookup(table, lookup)
            key = identifier(lookup.key)
            repeated = self._engine.run(f"select {key} from {table} group by {key} having count(*) > 1 limit 1")
            if repeated:
                message = f"lookup {lookup.files}: {lookup.key} {repeated[0][0]!r} stands on several rows"
                raise DataError(message)

    def _load_lookup(self, table: str, lookup: Lookup) -> None:
        files = find_files(lookup.files, self._folder, lookup.format)
        columns = ", ".join(f"cast({identifier(name)} as varchar) as {identifier(name)}" for name in [lookup.key, *lookup.columns])
        paths = literals([str(file.path) for file in files])
        relation = {
            "parquet": f"read_parquet({paths})",
            "jsonl": f"read_json({paths}, format = 'newline_delimited')",
            "csv": f"read_csv({paths}, all_varchar = true, header = {str(lookup.csv.header).lower()}, "
            f"delim = {literal(lookup.csv.delimiter)}, quote = {literal(lookup.csv.quote)})",
        }[files[0].format]
        self._run(f"create or replace table {table} as select {columns} from {relation}", files[0])

    def _run(self, sql: str, file: InputFile) -> list[tuple[object, ...]]:
        try:
            return self._engine.run(sql)
        except (duckdb.Error, StorageError) as error:
            first_line = str(error).splitlines()[0]
            raise DataError(f"{file.name}: cannot be read ({first_line})") from error

    # The quick way

    def _read_group(self, group: FileGroup) -> None:
        if self._read_quickly(group):
            return
        if len(group.files) > 1:
            for single in group.single():
                self._read_group(single)
        elif group.format == "parquet":
            raise DataError(f"{group.files[0].name}: the Parquet file is damaged; write it again")
        else:
            self._read_carefully(group)

    def _is_plain(self, group: FileGroup) -> bool:
        if group.format == "parquet":
            return True
        odd_names = any(letter in str(file.path) for file in group.files for letter in "*?[")
        readable = not odd_names and not any(fact.has_nul for fact in group.facts)
        csv = self._options.csv
        is_plain_csv = csv.encoding.lower().replace("_", "-") in {"utf-8", "utf8"} and len(csv.delimiter) == 1
        return readable and (group.format == "jsonl" or is_plain_csv)

    def _read_quickly(self, group: FileGroup) -> bool:
        """Read a group in one statement; False, with nothing changed, if lines do not add up."""
        if not self._is_plain(group):
            return False
        headers = len(group.files) if group.format == "csv" and self._options.csv.header else 0
        before = self._engine.count(self._table)
        self._engine.run("begin transaction")
        try:
            self._engine.run(f"insert into {self._table} {self._reader.select(self._relation(group))}")
            is_whole = self._engine.count(self._table) - before == group.expected_rows - headers
        except duckdb.Error:
            is_whole = False
        self._engine.run("commit" if is_whole else "rollback")
        if is_whole:
            self._skip("header", headers)
            self._move_rejects(group)
        return is_whole

    def _relation(self, group: FileGroup, *, is_numbered: bool = False) -> str:
        also = ", row_number() over () as line" if is_numbered else ""
        if is_numbered and group.format == "parquet":
            also += ", to_json(given) as raw_line"
        return self._with_lookups(f"(select *{also} from {self._scan(group)} as given)")

    def _scan(self, group: FileGroup) -> str:
        paths = literals([str(file.path) for file in group.files])
        hive = "hive_partitioning = " + ("true, hive_types_autocast = false" if group.files[0].partitions else "false")
        if group.format == "parquet":
            return f"read_parquet({paths}, {hive})"
        columns = "{" + ", ".join(f"{literal(name)}: 'VARCHAR'" for name in self._own_columns(group)) + "}"
        if group.format == "jsonl":
            return f"read_json({paths}, format = 'newline_delimited', columns = {columns}, {hive})"
        csv: Csv = self._options.csv
        return (
            f"read_csv({paths}, auto_detect = false, header = {str(csv.header).lower()}, "
            f"delim = {literal(csv.delimiter)}, quote = {literal(csv.quote)}, escape = {literal(csv.quote)}, "
            f"strict_mode = true, columns = {columns}, {hive})"
        )

    def _own_columns(self, group: FileGroup) -> list[str]:
        return list(self._columns(group.files[0]))

    def _with_lookups(self, relation: str) -> str:
        for number, lookup in enumerate(self._options.lookups):
            columns = ", ".join(f"lookup_{number}.{identifier(name)}" for name in lookup.columns)
            key = identifier(lookup.key)
            relation = (
                f"(select given.*, {columns} from {relation} as given left join lookup_{number} "
                f"on cast(given.{key} as varchar) = lookup_{number}.{key})"
            )
        return relation

    def _drop_other_events(self) -> None:
        """Leave out the rows of an event log that are no purchases before anything copies them."""
        if "event_type" in self._options.columns and isinstance(self._options, Orders):
            rows = self._engine.count(self._table)
            self._engine.run(f"delete from {self._table} where not is_purchase")
            self._skip("other_event_type", rows - self._engine.count(self._table))

    # Rejects

    def _move_rejects(self, group: FileGroup) -> None:
        """Move rows that failed a check from the table of rows to `quarantine`."""
        rejects = self._engine.run(f"select count(*) from {self._table} where reject is not null")[0][0]
        if not rejects:
            return
        for single in group.single():
            self._quarantine_numbered(single)
        self._engine.run(f"delete from {self._table} where reject is not null")

    def _quarantine_numbered(self, group: FileGroup) -> None:
        """Read a whole file once more, its rows numbered, and keep those that are rejected."""
        is_parquet = group.format == "parquet"
        also = ", line, raw_line" if is_parquet else ", line"
        select = self._reader.select(self._relation(group, is_numbered=True), also)
        with self._engine.in_file_order():
            found = self._engine.run(f"select line, reject{', raw_line' if is_parquet else ''} from ({select}) where reject is not null")
        offset = 1 if group.format == "csv" and self._options.csv.header else 0
        reasons = self._reader.reasons
        rows = {int(row[0]) + offset: reasons[int(row[1])] for row in found}
        raws = {int(row[0]): str(row[2]) for row in found} if is_parquet else _raw_lines(group.files[0], set(rows))
        name = group.files[0].name
        self._quarantine([(name, line, reason, raws[line]) for line, reason in sorted(rows.items())])

    def _quarantine(self, rows: Sequence[tuple[str, int, str, str]]) -> None:
        columns = list(zip(*rows, strict=True)) or [()] * 4
        table = pa.table([[self._source] * len(rows), *columns], schema=_QUARANTINE)
        self._engine.append("quarantine", table)

    # The careful way

    def _read_carefully(self, group: FileGroup) -> None:
        file = group.files[0]
        lines = self._csv(file) if group.format == "csv" else JsonLines(file, self._own_columns(group))
        for batch in lines.batches():
            for reason, count in batch.skipped.items():
                self._skip(reason, count)
            self._quarantine([(file.name, bad.line, bad.reason, bad.raw) for bad in batch.rejected])
            self._load_batch(batch, file)

    def _load_batch(self, batch: Batch, file: InputFile) -> None:
        self._engine.load("careful_lines", batch.to_arrow())
        constants = "".join(f", {literal(value)} as {identifier(name)}" for name, value in file.partitions.items())
        relation = self._with_lookups(f"(select *{constants} from careful_lines)")
        self._engine.run(f"create or replace table careful_rows as {self._reader.select(relation, ', line, raw_line')}")
        found = self._engine.run("select line, reject, raw_line from careful_rows where reject is not null order by line")
        reasons = self._reader.reasons
        self._quarantine([(file.name, int(line), reasons[int(place)], str(raw)) for line, place, raw in found])
        self._engine.run(f"insert into {self._table} select * exclude (line, raw_line) from careful_rows where reject is null")
        self._engine.drop("careful_lines", "careful_rows")

    # Accounting

    def _skip(self, reason: str, count: int) -> None:
        if count:
            self._skipped[reason] = self._skipped.get(reason, 0) + count

    def _account(self, lines: int) -> Account:
        quarantined = self._engine.run("select count(*) from quarantine where source = $source", {"source": self._source})[0][0]
        rows = self._engine.count(self._table)
        account = Account(self._source, lines, rows, int(quarantined), filtered=dict(self._skipped)).check()
        if account.quarantined > self._config.input.max_reject_share * max(1, rows + account.quarantined):
            raise DataError(self._too_many_rejects(account))
        return account

    def _too_many_rejects(self, account: Account) -> str:
        first = self._engine.run(
            "select file, line, reason from quarantine where source = $source order by file, line limit $shown",
            {"source": self._source, "shown": SHOWN_REJECTS},
        )
        where = "; ".join(f"{file}:{line}: {reason}" for file, line, reason in first)
        share = account.quarantined / (account.accepted + account.quarantined)
        return (
            f"{self._source}: {account.quarantined} of {account.accepted + account.quarantined} lines "
            f"({share:.1%}) are malformed, more than input.max_reject_share allows "
            f"({self._config.input.max_reject_share:.1%}); the first: {where}"
        )


def _raw_lines(file: InputFile, wanted: set[int]) -> dict[int, str]:
    with open_text(file) as stream:
        return {
            number: raw.decode("utf-8", "replace").rstrip("\r\n")
            for number, raw in enumerate(stream, start=1)
            if number in wanted
        }


__all__ = ["BATCH_RECORDS", "SourceReader", "effective_orders", "source_files"]
