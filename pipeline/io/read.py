"""Read one source into typed rows; keep every line that cannot be read, with its reason.

The quick way (`quick.py`) reads many files in one statement. Files for which its rows and lines
do not add up are read record by record (`careful.py`); well-formed files give the same rows.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline.accounting import Account
from pipeline.config.model import Config
from pipeline.config.source_options import Catalogue, Events, Orders, Source
from pipeline.errors import DataError
from pipeline.io.careful import Batch, Rejected, text_of
from pipeline.io.contract import CODE_TYPE, ITEM_NUMBER, column_name, mapped_columns
from pipeline.io.csv_lines import CsvLines
from pipeline.io.duckdb_engine import DuckDBEngine
from pipeline.io.files import FileFacts, InputFile, changed_files, find_files
from pipeline.io.item_keys import text_column
from pipeline.io.json_lines import JsonLines
from pipeline.io.lookups import Lookups
from pipeline.io.quick import QuickReader
from pipeline.io.reader import Reader
from pipeline.io.rejects import Rejects
from pipeline.io.shape import FileGroup, Shaper, common_types
from pipeline.io.sql_text import literal

ROW_TABLES = {"orders": "order_rows", "events": "event_rows", "catalogue": "catalogue_rows"}
NO_RECORDS = ("header", "blank_line", "continuation_line")


def source_files(source: Source, folder: Path) -> list[InputFile]:
    """Return the files of a source; see `find_files`."""
    return find_files(source.files, folder, source.format)


def load_absent(engine: DuckDBEngine, source: str, config: Config) -> None:
    """Build the empty table of rows of a source that is not configured."""
    options = {"orders": Orders(), "events": Events(), "catalogue": Catalogue()}[source]
    create_rows(engine, Reader(source, options, {}, config.time_zone))
    Rejects(engine, source, 0, 0)


def create_rows(engine: DuckDBEngine, reader: Reader) -> None:
    """Build the empty table of rows that a reader fills."""
    number = f"cast(null as {CODE_TYPE}) as {ITEM_NUMBER}"
    nothing = [
        f"cast(null as {kind}) as {column_name(place)}"
        for place, kind in enumerate(reader.types.values())
    ]
    empty = reader.select(f"(select {', '.join([*nothing, number])})")
    engine.run(f"create or replace table {ROW_TABLES[reader.source]} as {empty} limit 0")


def match_id_types(engine: DuckDBEngine) -> None:
    """Give id columns that several sources share one type, so that they can be joined.

    Whole numbers stay numbers (quicker to join) where every source that has the column agrees.
    """
    for column in ("customer_id", "item_id"):
        found = {table: engine.type_of(table, column) for table in ROW_TABLES.values()}
        types = {table: kind for table, kind in found.items() if kind}
        texts = {"VARCHAR", CODE_TYPE}
        if texts.isdisjoint(types.values()):
            continue
        for table, kind in types.items():
            if kind not in texts:
                engine.run(f"alter table {table} alter column {column} type varchar")


def effective_orders(config: Config) -> Orders:
    """Return the orders section, with the files of the event log where it is to be read."""
    orders, events = config.orders, config.events
    if not orders.from_events or events is None:
        return orders
    taken_over = ("files", "format", "csv", "lookups", "timestamps")
    shared = {name: getattr(events, name) for name in taken_over}
    own = {name: events.columns[name] for name in ("event_type",) if name in events.columns}
    return orders.model_copy(update={**shared, "columns": {**own, **orders.columns}})


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
        self._engine, self._source, self._options, self._config = engine, source, options, config
        self._table = ROW_TABLES[source]
        self._lookups = Lookups(engine, options, config.input.max_record_lines, folder)
        self._quick = QuickReader(engine, self._table, options, self._lookups)
        self._skipped: dict[str, int] = {}
        self._item_column: str | None = None

    def read(self, files: Sequence[InputFile], facts: Sequence[FileFacts]) -> Account:
        """Read all files and return where their lines went so far.

        Raises:
            DataError: A column is missing, or too many lines are malformed.
            AccountingError: Lines and rows do not add up.
            StorageError: A file cannot be read.
        """
        lines = sum(fact.lines for fact in facts)
        max_share = self._config.input.max_reject_share
        is_masked = self._config.privacy.mask_rejects
        self._rejects = Rejects(self._engine, self._source, lines, max_share, is_masked=is_masked)
        self._lookups.load()
        shaper = Shaper(
            self._source, self._options, lambda file: self._csv(file).names(), self._parquet_types
        )
        groups = shaper.groups(files, facts)
        self._item_column = text_column(groups, self._options)
        create_rows(self._engine, self._reader(common_types(groups)))
        for group in groups:
            self._read_group(group)
        if isinstance(self._options, Orders) and self._options.order_per_line:
            self._number_orders(self._options)
        for name in changed_files(files, facts):
            message = f"{name}: the file changed while it was read; run again when it is complete"
            raise DataError(message)
        return self._account(lines)

    def _reader(self, types: Mapping[str, str]) -> Reader:
        zone = self._config.time_zone
        return Reader(self._source, self._options, types, zone, self._item_column)

    def _csv(self, file: InputFile) -> CsvLines:
        return CsvLines(file, self._options.csv, self._config.input.max_record_lines)

    def _parquet_types(self, file: InputFile) -> dict[str, str]:
        scan = f"read_parquet([{literal(str(file.path))}], hive_partitioning = false)"
        rows = self._engine.read(f"describe select * from {scan}", file.name)
        return {str(row[0]): str(row[1]) for row in rows}

    def _read_group(self, group: FileGroup) -> None:
        reader = self._reader(group.shape.types)
        rows = self._engine.count(self._table)
        problem = self._quick.read(group, reader)
        if problem is None:
            headers = self._quick.headers(group)
            rows = self._engine.count(self._table) - rows
            self._skip("header", headers)
            self._skip("other_event_type", group.lines - headers - rows)
            self._move_rejects(group, reader)
        elif self._engine.is_broken:
            raise DataError(_damaged(group, self._quick.breaker(group), problem))
        elif group.files[1:]:
            for single in group.singles():
                self._read_group(single)
        elif group.format == "parquet":
            raise DataError(_damaged(group, group.files[0].name, problem))
        else:
            self._read_carefully(group, reader)

    def _move_rejects(self, group: FileGroup, reader: Reader) -> None:
        """Move rows that failed a check from the table of rows to `quarantine`."""
        rejected = f"{self._table} where reject is not null"
        if self._engine.count(rejected):
            for single in group.singles():
                found = self._quick.rejects(single, reader, self._rejects.fetch_limit)
                self._rejects.add(single.files[0].name, found)
            self._engine.run(f"delete from {rejected}")

    def _read_carefully(self, group: FileGroup, reader: Reader) -> None:
        file, wanted = group.files[0], mapped_columns(self._options)
        looked_up = {name for lookup in self._options.lookups for name in lookup.columns}
        own = [name for name in wanted if name not in looked_up | set(group.shape.partitions)]
        if group.format == "csv":
            places = [group.shape.names.index(name) for name in own]
            batches = self._csv(file).batches(places)
        else:
            batches = JsonLines(file, own).batches()
        columns = [column_name(wanted.index(name)) for name in own]
        for batch in batches:
            for reason, count in batch.skipped.items():
                self._skip(reason, count)
            self._rejects.add(file.name, batch.rejected)
            with self._engine.lent("careful_lines", batch.to_arrow(columns)):
                self._load_batch(batch, file, reader)

    def _load_batch(self, batch: Batch, file: InputFile, reader: Reader) -> None:
        """Type and check the records of a batch, which stand in `careful_lines`."""
        wanted = mapped_columns(self._options)
        constants = "".join(
            f", {literal(value)} as {column_name(wanted.index(name))}"
            for name, value in file.partitions.items()
            if name in wanted
        )
        relation = self._lookups.join(f"(select *{constants} from careful_lines)")
        rows = self._engine.count(self._table)
        self._engine.run(f"insert into {self._table} {reader.select(relation)}")
        rows = self._engine.count(self._table) - rows
        self._skip("other_event_type", len(batch.lines) - rows)
        rejected = f"{self._table} where reject is not null"
        if self._engine.count(rejected):
            self._engine.run(f"delete from {rejected}")
            self._keep_rejects(batch, file, reader, relation)

    def _keep_rejects(self, batch: Batch, file: InputFile, reader: Reader, relation: str) -> None:
        """Read a batch again, its records numbered, and keep those that a check rejected."""
        select = reader.select(relation, ", record")
        found = self._engine.run(
            f"select record, reject from ({select}) where reject is not null order by record"
        )
        encoding = self._options.csv.encoding if file.format == "csv" else "utf-8"
        rejected = [
            Rejected(batch.lines[at], reader.reasons[place], text_of(batch.raws[at], encoding))
            for at, place in found
        ]
        self._rejects.add(file.name, rejected)

    def _number_orders(self, options: Orders) -> None:
        """Give each line an order of its own, in an order that no thread decides.

        Equal lines share a number where duplicates are to be found, which goes by the order.
        """
        rank = "dense_rank" if options.drop_duplicates else "row_number"
        columns = (
            "ordered_at, customer_id, item_id, quantity, unit_price, amount, status, is_return"
        )
        number = f"{rank}() over (order by {columns})"
        self._engine.run(
            f"create or replace table {self._table} as "
            f"select * replace (cast({number} as bigint) as order_id) from {self._table}"
        )

    def _skip(self, reason: str, count: int) -> None:
        if count:
            self._skipped[reason] = self._skipped.get(reason, 0) + count

    def _account(self, lines: int) -> Account:
        accepted = self._engine.count(self._table)
        filtered = dict(self._skipped)
        account = Account(self._source, lines, accepted, self._rejects.count, filtered=filtered)
        self._rejects.check(lines - sum(filtered.get(reason, 0) for reason in NO_RECORDS))
        return account.check()


def _damaged(group: FileGroup, name: str, problem: str) -> str:
    kind = "Parquet file" if group.format == "parquet" else "file"
    return f"{name}: the {kind} is damaged ({problem}); write it again"
