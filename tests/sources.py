"""Input files written by tests, read as a run reads them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import settings

from pipeline.accounting import Account
from pipeline.config.load import LoadedConfig
from pipeline.config.model import Config
from pipeline.io.contract import CODE_TYPE
from pipeline.io.duckdb_engine import DuckDBEngine
from pipeline.io.files import inspect_files
from pipeline.io.ids import encode_ids
from pipeline.io.lookups import lookup_files
from pipeline.io.read import (
    ROW_TABLES,
    SourceReader,
    effective_orders,
    load_absent,
    match_id_types,
    source_files,
)
from pipeline.mining.cleaning import build_items, build_sale_lines, build_views, count_catalogue

Rows = list[tuple[Any, ...]]

# Tests have few lines, of which a bad one must not fail the run, and look at its text.
MANY, PLAIN = {"max_reject_share": 1}, {"mask_rejects": False}
# For properties that read files and clean them: a few dozen statements for each example.
FEWER = settings(max_examples=settings().max_examples // 8)

ORDER_COLUMNS = {
    "order_id": "order",
    "customer_id": "customer",
    "item_id": "item",
    "ordered_at": "at",
    "quantity": "quantity",
    "unit_price": "price",
}
DAYS = {"formats": ["%d", "%d %H:%M"]}  # strptime takes 1900 for the year
TOP_SECTIONS = ("input", "catalogue", "events", "item_level")
EVENT_COLUMNS = {"visitor_id": "visitor", "item_id": "item", "viewed_at": "at"}


@dataclass(frozen=True)
class Read:
    """What reading one source gave: its rows by column, its quarantine and its account."""

    engine: DuckDBEngine
    table: str
    account: Account

    def column(self, name: str) -> list[Any]:
        """Return the values of a column, sorted."""
        return [row[0] for row in self.rows(name)]

    def rows(self, *names: str) -> Rows:
        """Return the values of columns, sorted by all of them."""
        columns = ", ".join(names)
        return self.engine.run(f"select {columns} from {self._relation} order by all nulls last")

    @property
    def _relation(self) -> str:
        """The table, with the texts of item ids where it holds their numbers."""
        if self.engine.type_of(self.table, "item_id") != CODE_TYPE:
            return self.table
        return (
            f"(select given.* replace (item_id_keys.item_id as item_id) from {self.table} as given "
            "left join item_id_keys on given.item_id = item_id_keys.code)"
        )

    @property
    def quarantine(self) -> Rows:
        """Return file, line, reason and raw text of each rejected line."""
        return self.engine.run(
            "select file, line, reason, raw_text from quarantine order by file, line"
        )


def read_source(
    folder: Path,
    source: str,
    threads: int = 2,
    engine: DuckDBEngine | None = None,
    **sections: Any,
) -> Read:
    """Read one source of a configuration, into a new engine that may open only its files."""
    config = Config.model_validate(sections)
    options = effective_orders(config) if source == "orders" else getattr(config, source)
    files = source_files(options, folder)
    readable = [file.path for file in [*files, *lookup_files(options, folder)]]
    engine = engine or DuckDBEngine(threads, readable=readable)
    reader = SourceReader(engine, source, options, config=config, folder=folder)
    account = reader.read(files, inspect_files(files, threads))
    return Read(engine, ROW_TABLES[source], account)


def read_orders(folder: Path, files: str | list[str] = "orders.csv", **options: Any) -> Read:
    """Read order lines of the columns order, customer, item, at, quantity, price."""
    options = {"files": files, "columns": ORDER_COLUMNS, **options}
    return read_source(folder, "orders", orders=options, input=MANY, privacy=PLAIN)


@dataclass(frozen=True)
class Cleaned:
    """What cleaning left of the sources of a configuration."""

    engine: DuckDBEngine
    accounts: Mapping[str, Account]

    def query(self, sql: str) -> Rows:
        """Return the rows of a statement."""
        return self.engine.run(sql)

    @property
    def sales(self) -> Rows:
        """Return customer, item, quantity and amount of each sale line, sorted, as text."""
        return self.query(
            "select customer_id, item_id, cast(quantity as double), cast(amount as double) "
            "from sale_lines left join customers using (customer_code) "
            "left join items using (item_code) order by all nulls last"
        )

    @property
    def left_out(self) -> dict[str, int]:
        """Return the order lines left out, by reason."""
        return dict(self.accounts["orders"].filtered)


def clean(
    folder: Path, config: Config | Mapping[str, Any], engine: DuckDBEngine | None = None
) -> Cleaned:
    """Read and clean every source of a configuration, as a run does, into a new engine or one."""
    config = config if isinstance(config, Config) else Config.model_validate(config)
    engine = engine or DuckDBEngine(2)
    accounts = {}
    sources = {"orders": effective_orders(config), "events": config.events}
    for name, options in {**sources, "catalogue": config.catalogue}.items():
        if options is None:
            load_absent(engine, name, config)
            continue
        files = source_files(options, folder)
        reader = SourceReader(engine, name, options, config=config, folder=folder)
        accounts[name] = reader.read(files, inspect_files(files, 2))
    match_id_types(engine)
    has_sessions = bool(config.events and "session_id" in config.events.columns)
    encode_ids(engine, has_sessions=has_sessions)
    build_items(engine, config)
    if "catalogue" in accounts:
        accounts["catalogue"] = count_catalogue(engine, accounts["catalogue"])
    accounts["orders"] = build_sale_lines(engine, effective_orders(config), accounts["orders"])
    if config.events:
        accounts["events"] = build_views(engine, config.events, accounts["events"])
    return Cleaned(engine, accounts)


def clean_config(loaded: LoadedConfig) -> Cleaned:
    """Read and clean every source of a configuration file."""
    return clean(loaded.folder, loaded.config)


def csv_text(text: str) -> bytes:
    """Return a drawn table as CSV; `-` is an empty field."""
    lines = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    rows = (",".join("" if cell == "-" else cell for cell in line) + "\n" for line in lines)
    return "".join(rows).encode()


def clean_orders(folder: Path, drawn: str, **sections: Any) -> Cleaned:
    """Clean drawn order lines: order, customer, item, at (a day of a month), quantity, price.

    Args:
        folder: Where the file is written.
        drawn: The lines; a column `status` or `amount` is mapped where it is drawn.
        sections: Options of `orders`, and the sections `input`, `catalogue`, `events` and
            `item_level`.
    """
    header = [cell.strip() for cell in drawn.strip().splitlines()[0].split("|")]
    columns = {name: at for name, at in ORDER_COLUMNS.items() if at in header}
    columns |= {name: name for name in ("status", "amount") if name in header}
    (folder / "orders.csv").write_bytes(csv_text(drawn))
    top = {name: sections.pop(name) for name in TOP_SECTIONS if name in sections}
    orders = {"files": "orders.csv", "columns": columns, "timestamps": DAYS, **sections}
    return clean(folder, {"orders": orders, **top})
